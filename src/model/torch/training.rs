//! The training loop: Adam, a cosine, the best epoch by validation.

use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rand::seq::SliceRandom as _;
use tch::nn::{self, Optimizer, OptimizerConfig as _};

use super::{Model, device, targets, weights};
use crate::metrics::{ClassCounts, DEFAULT_THRESHOLD, HistoryRow, RunConfig, RunCounts, RunFiles};
use crate::model::augment::{Draw, View, random_numbers};
use crate::model::{
    Batch, Ending, Evaluation, ModelError, Pictures, Progress, Result, TrainOptions, score,
};
use crate::store;

/// Trains on `train` (prepared to augment) and keeps in `files` the weights of the epoch that is
/// best on `val` (prepared as centres), beside `config.json` and `history.csv`. Ends early when
/// `stop` becomes true. On a CPU the same options, pictures and number of threads give the same
/// weights; on a GPU libtorch does not promise that.
///
/// # Errors
/// When the device is not there, the initial weights do not fit, or the disk refuses. A loss that
/// is no number is an [`Ending`], since epochs before it may be worth keeping.
pub fn train(
    options: &TrainOptions,
    train: &Pictures,
    val: &Pictures,
    files: &RunFiles,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<Ending> {
    let device = device::open(options.device, options.threads)?;
    // Draws the initial weights; nothing else asks libtorch for random numbers.
    tch::manual_seed(options.seed as i64);
    let mut model = Model::new(options.network, device);
    let replaced_head = match &options.init {
        Some(path) => weights::load(&mut model.variables, options.network, path)?,
        None => None,
    };
    let config = config(options, &model, train, val);
    files.write_config(&config)?;
    let optimizer = nn::Adam::default().build(&model.variables, options.learning_rate)?;
    let in_order: Vec<usize> = (0..train.examples().len()).collect();
    let steps_per_epoch = batches(&in_order, options.batch).len() as u64;
    let mut run = Run { options, model, optimizer, steps_per_epoch, stop };
    watch(Progress::Started {
        device: device::named(device),
        counts: config.counts,
        steps_per_epoch,
        replaced_head,
    });
    let mut history = Vec::new();
    for epoch in 1..=options.epochs {
        let row = match run.epoch(epoch, train, val, watch)? {
            ControlFlow::Continue(row) => row,
            ControlFlow::Break(ending) => return Ok(ending),
        };
        let best = HistoryRow::best(&history).is_none_or(|best| row.beats(best));
        if best {
            weights::save(&run.model.variables, &files.checkpoint())?;
        }
        history.push(row);
        files.write_history(&history)?;
        watch(Progress::Epoch { row: &row, best });
    }
    Ok(Ending::Completed)
}

fn config(options: &TrainOptions, model: &Model, train: &Pictures, val: &Pictures) -> RunConfig {
    let count = |pictures: &Pictures| ClassCounts::of(pictures.examples().iter().map(|e| e.label));
    let parameters: usize =
        model.variables.trainable_variables().iter().map(tch::Tensor::numel).sum();
    RunConfig {
        covid_ct: env!("CARGO_PKG_VERSION").into(),
        run: options.run.clone(),
        series: None,
        created: store::now(),
        data: options.data.clone(),
        network: options.network.to_string(),
        parameters: parameters as u64,
        init: options.init.as_ref().map_or("random".into(), |path| path.display().to_string()),
        epochs: options.epochs,
        batch: options.batch,
        learning_rate: options.learning_rate,
        size: train.side(),
        seed: options.seed,
        device: device::named(model.variables.device()).to_string(),
        threads: options.threads,
        counts: RunCounts { train: count(train), val: count(val) },
    }
}

/// Cuts an epoch's order into batches. A single image left over joins the batch before it: the
/// statistics of one image are no batch's.
fn batches(order: &[usize], size: u32) -> Vec<Vec<usize>> {
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

struct Run<'a> {
    options: &'a TrainOptions,
    model: Model,
    optimizer: Optimizer,
    steps_per_epoch: u64,
    stop: &'a AtomicBool,
}

impl Run<'_> {
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
        let log_odds = score(&mut self.model, val, |_| ())?;
        let evaluation = match Evaluation::of(val.examples(), &log_odds, DEFAULT_THRESHOLD) {
            Err(ModelError::NotANumber { .. }) => {
                return Ok(ControlFlow::Break(Ending::Diverged { epoch }));
            }
            evaluation => evaluation?,
        };
        let both = "both classes are in the validation part";
        Ok(ControlFlow::Continue(HistoryRow {
            epoch,
            learning_rate: self.learning_rate(epoch, 0),
            train_loss,
            val_loss: evaluation.loss.expect(both),
            val_accuracy: evaluation.metrics.accuracy.expect(both),
            val_auroc: evaluation.metrics.auroc.expect(both),
            // More digits would only be noise in the file.
            seconds: (started.elapsed().as_secs_f64() * 100.0).round() / 100.0,
        }))
    }

    /// One pass over the training images; the mean loss.
    fn learn(
        &mut self,
        epoch: u32,
        train: &Pictures,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Result<ControlFlow<Ending, f64>> {
        let seed = self.options.seed;
        let mut order: Vec<usize> = (0..train.examples().len()).collect();
        order.shuffle(&mut random_numbers(seed, epoch, Draw::Order));
        let view = |index, picture: &crate::model::Picture| {
            let mut random = random_numbers(seed, epoch, Draw::View(index));
            View::random(picture.width, picture.height, train.side(), &mut random)
        };
        let (mut step, mut sum) = (0, 0.0);
        let mut ended = Ok(None);
        train.for_each_batch(&batches(&order, self.options.batch), view, |batch| {
            if self.stop.load(Ordering::Relaxed) {
                ended = Ok(Some(Ending::Stopped { epoch }));
                return ControlFlow::Break(());
            }
            self.optimizer.set_lr(self.learning_rate(epoch, step));
            match self.step(&batch) {
                Ok(loss) if loss.is_finite() => {
                    sum += loss * batch.labels.len() as f64;
                    step += 1;
                    watch(Progress::Step { loss });
                    return ControlFlow::Continue(());
                }
                Ok(_) => ended = Ok(Some(Ending::Diverged { epoch })),
                Err(error) => ended = Err(error),
            }
            ControlFlow::Break(())
        });
        Ok(match ended? {
            Some(ending) => ControlFlow::Break(ending),
            None => ControlFlow::Continue(sum / train.examples().len() as f64),
        })
    }

    /// Learns from one batch; its mean loss before that.
    fn step(&mut self, batch: &Batch) -> Result<f64> {
        let logits = self.model.logits(batch, true)?;
        let classes = targets(batch, self.model.variables.device())?;
        let loss = logits.cross_entropy_for_logits(&classes);
        self.optimizer.backward_step(&loss);
        Ok(loss.double_value(&[]))
    }

    /// Along half a cosine from the full rate at the first step to 0 after the last.
    fn learning_rate(&self, epoch: u32, step: u64) -> f64 {
        let done = u64::from(epoch - 1) * self.steps_per_epoch + step;
        let all = u64::from(self.options.epochs) * self.steps_per_epoch;
        self.options.learning_rate * (1.0 + (PI * done as f64 / all as f64).cos()) / 2.0
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
}
