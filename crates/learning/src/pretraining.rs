//! Learning before learning: what pictures are known to show, or which two views are of one picture.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tch::nn::{self, Linear, Module as _};
use tch::{Kind, Tensor};

use crate::adam::{Adam, Named};
use crate::error::Result;
use crate::findings;
use crate::precision::{self, StepSize};
use crate::trace::Trace;
use crate::training::{batches, shuffled};
use crate::{Model, seconds_since, state, weights};
use covid_ct::model::augment::{Augmentation, Draw, View, random_numbers};
use covid_ct::model::pretrain::{
    FindingRow, Found, Lesson, Parts, Phantom, PretrainConfig, PretrainFiles, PretrainNews,
    PretrainOptions, PretrainRow, Unlabelled, Xray,
};
use covid_ct::model::{Batch, Ending, NewRun, Picture, Pictures, Shown, Standing};
use covid_ct::runs::{Hyperparameters, RunFiles};
use covid_ct::store;
use covid_ct_core::Split;

/// Outputs that views are compared by (Chen et al., arXiv 2002.05709, section 2.1). What lies between them and
/// the network's features is as wide as these.
const COMPARED: i64 = 128;

/// Trains a network on the lesson and keeps in the run's files its weights, to start
/// [`train`](super::train) from. Goes on where the same pretraining was stopped or killed.
///
/// # Errors
/// When the device is not there, the initial weights do not fit, a picture cannot be read, or the disk
/// refuses.
pub fn pretrain(
    options: &PretrainOptions,
    lesson: Lesson<'_>,
    run: &NewRun,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(PretrainNews<'_>),
) -> Result<Ending> {
    let files =
        |files: &RunFiles| Some(PretrainFiles::new(files.clone()).read_config().ok()?.precision);
    let recorded = run.found(files).filter(|_| !options.fresh);
    let init_sha256 = weights::sha256(options.init.as_deref())?;
    let PretrainOptions { network, batch, size, .. } = *options;
    let step = StepSize { network, batch, size };
    let (place, speed) = precision::open(options.compute, step, recorded.as_deref())?;
    tch::manual_seed(options.seed as i64);
    let outputs = match lesson {
        Lesson::Findings(_) => Xray::names().count() as i64,
        Lesson::Phantoms(_) => Phantom::names().count() as i64,
        Lesson::Contrast(_) => COMPARED,
    };
    let mut model = Model::with_outputs(options.network, place, outputs);
    let config = config(options, lesson, place.named(), init_sha256)?;
    let files = PretrainFiles::new(run.files());
    let from = |files: &RunFiles| {
        let files = PretrainFiles::new(files.clone());
        Some(files.read_config().ok()?.differences(&config))
    };
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
    let mut trainer = Trainer::new(options, lesson, model, stop)?;
    let mut history: Vec<PretrainRow> = Vec::new();
    if standing == Standing::Stopped {
        let networks = trainer.networks();
        let made = state::load(&files.state(), &mut trainer.adam, networks)?;
        history = files.read_history()?;
        history.retain(|row| row.epoch <= made);
    } else {
        files.write_config(&config)?;
    }
    watch(PretrainNews::Started {
        pictures: lesson.pictures(),
        steps_per_epoch: trainer.steps_per_epoch,
        speed,
        resumed: &history,
        fresh_head,
    });
    for epoch in history.len() as u32 + 1..=options.epochs {
        let row = match trainer.epoch(epoch, watch)? {
            ControlFlow::Continue(row) => row,
            ControlFlow::Break(ending) => return Ok(ending),
        };
        let kept = history.iter().reduce(|a, b| if b.score > a.score { b } else { a });
        let best = row.beats(kept, lesson.task());
        if best {
            state::write(&files.checkpoint(), &trainer.kept())?;
        }
        history.push(row);
        files.write_history(&history)?;
        state::save(&files.state(), epoch, &trainer.adam, trainer.networks())?;
        watch(PretrainNews::Epoch { row: &row, best });
    }
    let kept = || -> Result<Model> {
        let mut kept = Model::with_outputs(options.network, place, outputs);
        weights::load_whole(&mut kept.variables, options.network, &files.checkpoint())?;
        Ok(kept)
    };
    let rows = match lesson {
        Lesson::Findings(parts) => measure(&kept()?, parts, stop, watch)?,
        Lesson::Phantoms(parts) => measure(&kept()?, parts, stop, watch)?,
        Lesson::Contrast(_) => return Ok(Ending::Completed),
    };
    let Some(rows) = rows else { return Ok(Ending::Stopped { epoch: options.epochs }) };
    files.write_findings(&rows)?;
    Ok(Ending::Completed)
}

/// How well the weights that are kept tell each finding; `None` when it was to stop before that.
fn measure<E: Found>(
    kept: &Model,
    parts: &Parts<E>,
    stop: &AtomicBool,
    watch: &mut dyn FnMut(PretrainNews<'_>),
) -> Result<Option<Vec<FindingRow>>> {
    let mut rows = Vec::new();
    for (part, pictures) in [(Split::Val, &parts.val), (Split::Test, &parts.test)] {
        watch(PretrainNews::Measuring { part, pictures: pictures.examples().len() });
        let advance = |pictures| watch(PretrainNews::Measured { pictures });
        let Some(found) = findings::measure(kept, pictures, stop, advance)? else {
            return Ok(None);
        };
        rows.extend(found.rows(part));
    }
    Ok(Some(rows))
}

fn config(
    options: &PretrainOptions,
    lesson: Lesson<'_>,
    (device, precision): (covid_ct::model::Device, covid_ct::model::Precision),
    init_sha256: Option<String>,
) -> Result<PretrainConfig> {
    Ok(PretrainConfig {
        covid_ct: env!("CARGO_PKG_VERSION").into(),
        name: options.name.clone(),
        created: store::now(),
        task: lesson.task(),
        pictures: lesson.pictures() as u64,
        pictures_sha256: lesson.digest()?,
        network: options.network.to_string(),
        init: options.init.as_ref().map_or("random".into(), |path| path.display().to_string()),
        init_sha256,
        epochs: options.epochs,
        batch: options.batch,
        learning_rate: options.learning_rate,
        temperature: options.temperature,
        size: options.size,
        fit: options.fit,
        traces: options.traces,
        seed: options.seed,
        device: device.to_string(),
        precision: precision.to_string(),
        threads: options.compute.threads,
    })
}

struct Trainer<'a> {
    options: &'a PretrainOptions,
    lesson: Lesson<'a>,
    model: Model,
    /// Between the features and what views are compared by; not kept in the end.
    hidden: Linear,
    adam: Adam,
    steps_per_epoch: u64,
    stop: &'a AtomicBool,
}

impl<'a> Trainer<'a> {
    fn new(
        options: &'a PretrainOptions,
        lesson: Lesson<'a>,
        model: Model,
        stop: &'a AtomicBool,
    ) -> Result<Self> {
        let features = model.network.channels();
        let path = model.variables.root() / "hidden";
        let hidden = nn::linear(path, features, features, nn::LinearConfig::default());
        let in_order: Vec<usize> = (0..lesson.pictures()).collect();
        let steps_per_epoch = batches(&in_order, options.batch).len() as u64;
        let adam = Adam::new(&model.variables, 0.0)?;
        Ok(Self { options, lesson, model, hidden, adam, steps_per_epoch, stop })
    }

    fn networks(&self) -> Named {
        state::prefixed("model", &self.model.variables)
    }

    /// The network without what is only there to compare views.
    fn kept(&self) -> Named {
        let mut all = state::sorted(&self.model.variables);
        all.retain(|(name, _)| !name.starts_with("hidden."));
        all
    }

    fn epoch(
        &mut self,
        epoch: u32,
        watch: &mut dyn FnMut(PretrainNews<'_>),
    ) -> Result<ControlFlow<Ending, PretrainRow>> {
        let started = Instant::now();
        let learned = match self.lesson {
            Lesson::Findings(parts) => self.learn(epoch, &parts.train, watch)?,
            Lesson::Phantoms(parts) => self.learn(epoch, &parts.train, watch)?,
            Lesson::Contrast(pictures) => self.learn(epoch, pictures, watch)?,
        };
        let (loss, found) = match learned {
            ControlFlow::Continue(learned) => learned,
            ControlFlow::Break(ending) => return Ok(ControlFlow::Break(ending)),
        };
        // What the last step did to the weights no loss has told.
        if state::without_numbers(&self.model.variables.variables())?.is_some() {
            return Ok(ControlFlow::Break(Ending::Diverged { epoch }));
        }
        let score = match self.lesson {
            Lesson::Findings(parts) => self.score(&parts.val)?,
            Lesson::Phantoms(parts) => self.score(&parts.val)?,
            Lesson::Contrast(_) => Some(found),
        };
        let Some(score) = score else {
            return Ok(ControlFlow::Break(Ending::Stopped { epoch }));
        };
        Ok(ControlFlow::Continue(PretrainRow {
            epoch,
            learning_rate: self.learning_rate(epoch, 0),
            loss,
            score,
            seconds: seconds_since(started),
        }))
    }

    /// Mean AUROC over the findings; `None` when it was to stop before that.
    fn score<E: Found>(&self, pictures: &Pictures<E>) -> Result<Option<f64>> {
        let found = findings::measure(&self.model, pictures, self.stop, |_| ())?;
        Ok(found.map(|found| found.mean_auroc()))
    }

    /// One pass over the pictures: the mean loss, and the part of the views that found their pair.
    fn learn<E: Lessoned>(
        &mut self,
        epoch: u32,
        pictures: &Pictures<E>,
        watch: &mut dyn FnMut(PretrainNews<'_>),
    ) -> Result<ControlFlow<Ending, (f64, f64)>> {
        let PretrainOptions { seed, size, batch, traces, .. } = *self.options;
        let order = shuffled(pictures.examples().len(), seed, epoch);
        // All first views of a batch come before all second ones.
        let batches: Vec<Vec<usize>> =
            batches(&order, batch).into_iter().map(|batch| batch.repeat(E::VIEWS)).collect();
        let view = |batch: &[usize], place: usize, picture: &Picture| {
            let first = place < batch.len() / E::VIEWS;
            let draw = if first { Draw::View } else { Draw::SecondView };
            let mut random = random_numbers(seed, epoch, draw(batch[place]));
            let augmentation = Augmentation { traces, ..E::AUGMENTATION };
            View::random(picture.width, picture.height, size, augmentation, &mut random)
        };
        let (mut made, mut sum, mut found, mut seen) = (0, 0.0, 0, 0);
        let passed: Result<_> = pictures.for_each_batch(&batches, view, |batch| {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(ControlFlow::Break(Ending::Stopped { epoch }));
            }
            let (loss, right) = self.step(pictures, &batch, self.learning_rate(epoch, made))?;
            if !loss.is_finite() {
                return Ok(ControlFlow::Break(Ending::Diverged { epoch }));
            }
            sum += loss;
            found += right;
            seen += batch.indices.len();
            made += 1;
            watch(PretrainNews::Step);
            Ok(ControlFlow::Continue(()))
        });
        Ok(passed?.map_continue(|()| (sum / made as f64, found as f64 / seen as f64)))
    }

    /// Learns from one batch: its mean loss before that, and how many views found their pair.
    fn step<E: Lessoned>(
        &mut self,
        pictures: &Pictures<E>,
        batch: &Batch,
        learning_rate: f64,
    ) -> Result<(f64, usize)> {
        let trace = Trace::learning(&self.model.network, &self.model.images(batch)?)?;
        let shown: Vec<&E> =
            batch.indices.iter().map(|&index| &pictures.examples()[index]).collect();
        let (loss, found) = E::loss(self, trace.features(), &shown)?;
        trace.step(&loss, &mut self.adam, learning_rate)?;
        Ok((loss.double_value(&[]), found))
    }

    fn learning_rate(&self, epoch: u32, step: u64) -> f64 {
        let PretrainOptions { epochs, learning_rate, .. } = *self.options;
        let recipe = Hyperparameters { epochs, learning_rate, ..Hyperparameters::default() };
        recipe.learning_rate_at(
            u64::from(epoch - 1) * self.steps_per_epoch + step,
            self.steps_per_epoch,
        )
    }
}

/// How the examples of a task are seen, and what is to be learned from them.
trait Lessoned: Shown + Sized {
    /// Views of each picture in a batch.
    const VIEWS: usize;
    const AUGMENTATION: Augmentation;

    /// The mean loss in nats of a batch, `[view, channel]`, and how many views found their pair.
    fn loss(trainer: &Trainer<'_>, features: &Tensor, shown: &[&Self]) -> Result<(Tensor, usize)>;
}

/// What is known to show findings is taught by them.
macro_rules! taught_by_findings {
    ($($shown:ty),+) => {
        $(impl Lessoned for $shown {
            const VIEWS: usize = 1;
            const AUGMENTATION: Augmentation = Augmentation { crop: 0.5, jitter: 0.0, traces: 0.0 };

            fn loss(
                trainer: &Trainer<'_>,
                features: &Tensor,
                shown: &[&Self],
            ) -> Result<(Tensor, usize)> {
                Ok((loss_of_findings(trainer, features, shown)?, 0))
            }
        })+
    };
}
taught_by_findings!(Xray, Phantom);

/// Binary cross entropy, over all findings alike.
fn loss_of_findings<F: Found>(
    trainer: &Trainer<'_>,
    features: &Tensor,
    shown: &[&F],
) -> Result<Tensor> {
    let wanted: Vec<f32> = shown
        .iter()
        .flat_map(|shown| shown.found().iter().map(|&found| f32::from(u8::from(found))))
        .collect();
    let logits = trainer.model.network.classify(features);
    let wanted = Tensor::f_from_slice(&wanted)?
        .f_view_as(&logits.f_detach()?.f_to_device(tch::Device::Cpu)?)?;
    let wanted = wanted.f_to_device(features.device())?;
    let none = None::<Tensor>;
    let mean = tch::Reduction::Mean;
    Ok(logits.f_binary_cross_entropy_with_logits(&wanted, none.as_ref(), none.as_ref(), mean)?)
}

impl Lessoned for Unlabelled {
    const VIEWS: usize = 2;
    /// More is cut away and grey levels change more than for labelled pictures: it must not be enough
    /// to compare brightness or outlines (Chen et al., section 3).
    const AUGMENTATION: Augmentation = Augmentation { crop: 0.2, jitter: 0.4, traces: 0.0 };

    fn loss(trainer: &Trainer<'_>, features: &Tensor, _: &[&Self]) -> Result<(Tensor, usize)> {
        let compared = trainer.model.network.classify(&trainer.hidden.forward(features).relu());
        contrast(&compared, trainer.options.temperature)
    }
}

/// The normalised temperature-scaled cross entropy of Chen et al., equation 1: each view is to be told
/// from all others but its pair, which is half the batch away. And how many views have their pair
/// nearest.
fn contrast(compared: &Tensor, temperature: f64) -> Result<(Tensor, usize)> {
    let views = compared.size()[0];
    let norm = compared.f_norm_scalaropt_dim(2.0, [1_i64], true)?.f_clamp_min(1e-8)?;
    let unit = compared.f_div(&norm)?;
    let mut likeness = unit.f_matmul(&unit.f_transpose(0, 1)?)?.f_div_scalar(temperature)?;
    // A view is not compared with itself.
    let likeness = likeness.f_fill_diagonal_(f64::from(f32::MIN), false)?;
    let pair: Vec<i64> = (0..views).map(|view| (view + views / 2) % views).collect();
    let pair = Tensor::f_from_slice(&pair)?.f_to_device(compared.device())?;
    let found = likeness.f_argmax(1, false)?.f_eq_tensor(&pair)?.f_sum(Kind::Int64)?;
    Ok((likeness.cross_entropy_for_logits(&pair), found.int64_value(&[]) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the formula of the paper, term by term.
    #[test]
    fn the_contrast_is_that_of_simclr() {
        let rows = [[1.0_f32, 0.0], [0.5, 0.5], [0.9, 0.1], [-0.3, 0.8]];
        let (loss, found) = contrast(&Tensor::from_slice2(&rows), 0.5).expect("loss");
        let unit = rows.map(|[x, y]| [x / x.hypot(y), y / x.hypot(y)].map(f64::from));
        let likeness =
            |i: usize, j: usize| ((unit[i][0] * unit[j][0] + unit[i][1] * unit[j][1]) / 0.5).exp();
        let of_view = |i: usize| {
            let others: f64 = (0..4).filter(|&j| j != i).map(|j| likeness(i, j)).sum();
            -(likeness(i, (i + 2) % 4) / others).ln()
        };
        let expected = (0..4).map(of_view).sum::<f64>() / 4.0;
        assert!((loss.double_value(&[]) - expected).abs() < 1e-5);
        // 0 and 2 are nearest to each other; 1 is nearer to 2, 3 is nearest to 1.
        assert_eq!(found, 3);
    }
}
