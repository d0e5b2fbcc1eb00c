//! Learning to tell the classes of a task apart: Adam, a cosine, the epoch that the recipe keeps.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rand::seq::SliceRandom as _;
use tch::Tensor;

use crate::adam::{Adam, Named};
use crate::device::Place;
use crate::error::Result;
use crate::precision::{self, StepSize};
use crate::targets::Targets;
use crate::trace::Trace;
use crate::{Model, seconds_since, state, weights};
use covid_ct::metrics::DEFAULT_THRESHOLD;
use covid_ct::model::augment::{Augmentation, Draw, View, random_numbers};
use covid_ct::model::{
    Batch, Ending, Evaluation, ModelError, NewRun, Picture, Pictures, Progress, Standing,
    TrainOptions, score,
};
use covid_ct::runs::{HistoryRow, Hyperparameters, RunConfig, RunCounts, RunFiles, TaskOfRun};
use covid_ct::store;
use covid_ct_core::{ClassCounts, Label};

/// libtorch draws initial weights from one generator: trainings side by side take turns.
static GENERATOR: Mutex<()> = Mutex::new(());

/// Trains on `train` (prepared to augment) and keeps in the run's files the weights of the epoch that the
/// recipe keeps, as a rule the best on `val` (prepared whole), beside `config.json` and `history.csv`. Ends early
/// when `stop` becomes true. Goes on where the same training was stopped or killed, and then comes to the same
/// weights: on a CPU the same options, pictures and number of threads always do; on a GPU libtorch
/// does not promise that.
///
/// # Errors
/// When the device is not there, the initial weights do not fit, or the disk refuses. A loss that
/// is no number is an [`Ending`], since epochs before it may be worth keeping.
pub fn train(
    options: &TrainOptions,
    train: &Pictures,
    val: &Pictures,
    run: &NewRun,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Ending> {
    let init_sha256 = weights::sha256(options.init.as_deref())?;
    let drawing = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let Hyperparameters { batch, size, .. } = options.recipe;
    let recorded = run.found(|files| Some(files.read_config().ok()?.precision));
    let step = StepSize { network: options.network, batch, size };
    let (place, speed) =
        precision::open(options.compute, step, recorded.filter(|_| !options.fresh).as_deref())?;
    // Draws the initial weights; nothing else asks libtorch for random numbers.
    tch::manual_seed(options.seed as i64);
    let mut model = Model::new(options.network, place);
    let config = config(options, place, &model, init_sha256, train, val);
    let files = run.files();
    let from = |files: &RunFiles| Some(files.read_config().ok()?.differences(&config));
    let standing = run.prepare(from, options.fresh)?;
    if standing == Standing::Complete {
        return Ok(Ending::Repeated);
    }
    let fresh_head = match &options.init {
        Some(path) if standing == Standing::Nothing => {
            weights::load(&mut model.variables, options.network, path)?
        }
        _ => None,
    };
    let mut trainer = Trainer::new(options, model, place, train, stop)?;
    drop(drawing);
    let mut history = Vec::new();
    if standing == Standing::Stopped {
        let networks = trainer.networks();
        let made = state::load(&files.state(), &mut trainer.adam, networks)?;
        history = files.read_history()?;
        history.retain(|row: &HistoryRow| row.epoch <= made);
    } else {
        files.write_config(&config)?;
    }
    watch(Progress::Started {
        device: place.named().0,
        counts: config.counts.clone(),
        steps_per_epoch: trainer.steps_per_epoch,
        speed,
        resumed: &history,
        fresh_head,
    });
    for epoch in history.len() as u32 + 1..=options.recipe.epochs {
        if let Some(ending) = out_of_patience(options.recipe.patience, &history) {
            return Ok(ending);
        }
        let row = match trainer.epoch(epoch, train, val, watch)? {
            ControlFlow::Continue(row) => row,
            ControlFlow::Break(ending) => return Ok(ending),
        };
        history.push(row);
        if HistoryRow::kept(&history, options.recipe.keep) == Some(&row) {
            weights::save(&trainer.judged().variables, &files.checkpoint())?;
        }
        files.write_history(&history)?;
        // Last, for it says that all else of the epoch is there.
        state::save(&files.state(), epoch, &trainer.adam, trainer.networks())?;
        let best = HistoryRow::best(&history) == Some(&row);
        watch(Progress::Epoch { row: &row, best });
    }
    Ok(Ending::Completed)
}

fn out_of_patience(patience: u32, history: &[HistoryRow]) -> Option<Ending> {
    let (best, last) = (HistoryRow::best(history)?, history.last()?);
    let waited = last.epoch - best.epoch;
    (patience > 0 && waited >= patience).then_some(Ending::OutOfPatience { epoch: last.epoch })
}

fn config(
    options: &TrainOptions,
    place: Place,
    model: &Model,
    init_sha256: Option<String>,
    train: &Pictures,
    val: &Pictures,
) -> RunConfig {
    let count = |pictures: &Pictures| ClassCounts::of(pictures.examples().iter().map(|e| e.label));
    let parameters: usize = model.variables.trainable_variables().iter().map(Tensor::numel).sum();
    let (device, precision) = place.named();
    RunConfig {
        covid_ct: env!("CARGO_PKG_VERSION").into(),
        run: options.run.clone(),
        series: options.series.clone(),
        created: store::now(),
        data: options.data.clone(),
        data_sha256: options.data_sha256.clone(),
        network: options.network.to_string(),
        parameters: parameters as u64,
        init: options.init.as_ref().map_or("random".into(), |path| path.display().to_string()),
        init_sha256,
        recipe: options.recipe,
        seed: options.seed,
        device: device.to_string(),
        threads: options.compute.threads,
        precision: precision.to_string(),
        counts: RunCounts { train: count(train), val: count(val) },
        task: TaskOfRun::in_force(),
    }
}

/// The order in which an epoch sees so many pictures.
pub fn shuffled(pictures: usize, seed: u64, epoch: u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pictures).collect();
    order.shuffle(&mut random_numbers(seed, epoch, Draw::Order));
    order
}

/// Cuts an epoch's order into batches. A single image left over joins the batch before it: the
/// statistics of one image are no batch's.
pub fn batches(order: &[usize], size: u32) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = order.chunks(size as usize).map(<[usize]>::to_vec).collect();
    if let [.., before, last] = &mut batches[..]
        && last.len() == 1
        && size > 1
    {
        before.append(last);
        batches.pop();
    }
    batches
}

struct Trainer<'a> {
    options: &'a TrainOptions,
    model: Model,
    /// The mean of the weights over the steps, where the recipe keeps one.
    mean: Option<Mean>,
    targets: Targets,
    adam: Adam,
    steps_per_epoch: u64,
    stop: &'a AtomicBool,
}

struct Mean {
    model: Model,
    /// Each of its variables with the network's own of that name.
    pairs: Vec<[Tensor; 2]>,
}

impl Mean {
    fn of(network: &Model, options: &TrainOptions, place: Place) -> Result<Self> {
        let mut model = Model::new(options.network, place);
        model.variables.copy(&network.variables)?;
        let (means, own) = (state::sorted(&model.variables), state::sorted(&network.variables));
        let pairs = means.into_iter().zip(own).map(|((_, mean), (_, own))| [mean, own]).collect();
        Ok(Self { model, pairs })
    }
}

impl<'a> Trainer<'a> {
    fn new(
        options: &'a TrainOptions,
        model: Model,
        place: Place,
        train: &Pictures,
        stop: &'a AtomicBool,
    ) -> Result<Self> {
        let in_order: Vec<usize> = (0..train.examples().len()).collect();
        let steps_per_epoch = batches(&in_order, options.recipe.batch).len() as u64;
        let adam = Adam::new(&model.variables, options.recipe.weight_decay)?;
        let keeps_mean = options.recipe.ema > 0.0;
        let mean = keeps_mean.then(|| Mean::of(&model, options, place)).transpose()?;
        let targets = Targets::new(&options.recipe, train);
        Ok(Self { options, model, mean, targets, adam, steps_per_epoch, stop })
    }

    /// The network that is measured and kept.
    fn judged(&mut self) -> &mut Model {
        self.mean.as_mut().map_or(&mut self.model, |mean| &mut mean.model)
    }

    /// All variables under names that differ, sharing their memory.
    fn networks(&self) -> Named {
        let mut all = state::prefixed("model", &self.model.variables);
        if let Some(mean) = &self.mean {
            all.extend(state::prefixed("mean", &mean.model.variables));
        }
        all
    }

    fn epoch(
        &mut self,
        epoch: u32,
        train: &Pictures,
        val: &Pictures,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Result<ControlFlow<Ending, HistoryRow>> {
        let started = Instant::now();
        let train_loss = match self.learn(epoch, train, watch)? {
            ControlFlow::Continue(loss) => loss,
            ControlFlow::Break(ending) => return Ok(ControlFlow::Break(ending)),
        };
        let odds = score(self.judged(), val, |_| ())?;
        let evaluation = match Evaluation::of(val.examples(), &odds, DEFAULT_THRESHOLD) {
            Err(ModelError::NotANumber { .. }) => {
                return Ok(ControlFlow::Break(Ending::Diverged { epoch }));
            }
            evaluation => evaluation?,
        };
        let both = "two classes at least are in the validation split";
        let (accuracy, auroc) = evaluation.accuracy_and_auroc();
        Ok(ControlFlow::Continue(HistoryRow {
            epoch,
            learning_rate: self.learning_rate(epoch, 0),
            train_loss,
            val_loss: evaluation.loss.expect(both),
            val_accuracy: accuracy.expect(both),
            val_auroc: auroc.expect(both),
            seconds: seconds_since(started),
        }))
    }

    /// One pass over the training images; the mean loss.
    fn learn(
        &mut self,
        epoch: u32,
        train: &Pictures,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Result<ControlFlow<Ending, f64>> {
        let TrainOptions { seed, recipe, .. } = *self.options;
        if recipe.freeze > 0 && epoch == recipe.freeze + 1 {
            // Adam counts steps for all variables: those that now begin to learn would have made too many, and
            // go four times too far.
            self.adam.forget()?;
        }
        let order = shuffled(train.examples().len(), seed, epoch);
        let augmentation = Augmentation::of(&recipe);
        let view = |batch: &[usize], place: usize, picture: &Picture| {
            let mut random = random_numbers(seed, epoch, Draw::View(batch[place]));
            View::random(picture.width, picture.height, train.side(), augmentation, &mut random)
        };
        let (mut step, mut sum) = (0, 0.0);
        let batches = batches(&order, recipe.batch);
        let passed: Result<_> = train.for_each_batch(&batches, view, |batch| {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(ControlFlow::Break(Ending::Stopped { epoch }));
            }
            let labels: Vec<Label> =
                batch.indices.iter().map(|&index| train.examples()[index].label).collect();
            let loss = self.step(epoch, step, &batch, &labels)?;
            if !loss.is_finite() {
                return Ok(ControlFlow::Break(Ending::Diverged { epoch }));
            }
            sum += loss * labels.len() as f64;
            step += 1;
            watch(Progress::Step { loss });
            Ok(ControlFlow::Continue(()))
        });
        Ok(passed?.map_continue(|()| sum / train.examples().len() as f64))
    }

    /// Learns from one batch; its mean loss before that.
    fn step(&mut self, epoch: u32, step: u64, batch: &Batch, labels: &[Label]) -> Result<f64> {
        let seed = self.options.seed;
        let images = self.model.images(batch)?;
        let mut random = random_numbers(seed, epoch, Draw::Mix(step));
        let (images, wanted) = self.targets.mixed(images, labels, &mut random)?;
        let network = &self.model.network;
        let trace = if epoch <= self.options.recipe.freeze {
            Trace::frozen(network, &images)
        } else {
            Trace::learning(network, &images)?
        };
        let loss = Targets::loss(&trace.logits(), &wanted)?;
        let learning_rate = self.learning_rate(epoch, step);
        trace.step(&loss, &mut self.adam, learning_rate)?;
        self.follow(epoch, step)?;
        Ok(loss.double_value(&[]))
    }

    /// Moves the mean of the weights a little towards them: faster at the start, when there is nothing
    /// to keep yet.
    fn follow(&mut self, epoch: u32, step: u64) -> Result<()> {
        let Some(mean) = &mut self.mean else { return Ok(()) };
        let made = (u64::from(epoch - 1) * self.steps_per_epoch + step) as f64;
        let kept = self.options.recipe.ema.min((1.0 + made) / (10.0 + made));
        tch::no_grad(|| {
            for [variable, own] in &mut mean.pairs {
                let _ = variable.f_lerp_(own, 1.0 - kept)?;
            }
            Ok(())
        })
    }

    fn learning_rate(&self, epoch: u32, step: u64) -> f64 {
        let done = u64::from(epoch - 1) * self.steps_per_epoch + step;
        self.options.recipe.learning_rate_at(done, self.steps_per_epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_batch_is_a_lone_image() {
        let lengths = |count: usize, size| -> Vec<usize> {
            let order: Vec<usize> = (0..count).collect();
            let batches = batches(&order, size);
            assert_eq!(batches.concat(), order);
            batches.iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(9, 4), [4, 5]);
        assert_eq!(lengths(8, 4), [4, 4]);
        assert_eq!(lengths(10, 4), [4, 4, 2]);
        assert_eq!(lengths(1, 4), [1]);
        assert_eq!(lengths(2, 1), [1, 1]);
    }

    #[test]
    fn patience_ends_it_after_so_many_epochs_without_gain() {
        let row = |epoch, val_auroc| HistoryRow {
            epoch,
            learning_rate: 1e-4,
            train_loss: 0.7,
            val_loss: 0.6,
            val_accuracy: 0.5,
            val_auroc,
            seconds: 1.0,
        };
        let mut history = vec![row(1, 0.6), row(2, 0.8), row(3, 0.7)];
        assert_eq!(out_of_patience(2, &history), None);
        history.push(row(4, 0.8));
        assert_eq!(out_of_patience(2, &history), Some(Ending::OutOfPatience { epoch: 4 }));
        assert_eq!(out_of_patience(0, &history), None, "it waits for ever");
        assert_eq!(out_of_patience(2, &[]), None);
    }
}
