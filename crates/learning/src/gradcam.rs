//! Grad-CAM: which places of a picture a class's score rests on. Selvaraju et al., "Grad-CAM: Visual
//! Explanations from Deep Networks via Gradient-based Localization", arXiv 1610.02391.

use tch::{Kind, TchError, Tensor};

use crate::densenet::DenseNet;
use crate::error::Result;
use crate::{Model, output_of};
use covid_ct::model::{self, Batch, Explainer, SaliencyMap};
use covid_ct_core::Label;

impl Explainer for Model {
    fn evidence(&mut self, batch: &Batch, classes: &[Label]) -> model::Result<Vec<SaliencyMap>> {
        let input = self.images(batch)?;
        Ok(maps(&grad_cam(&self.network, &input, classes)?)?)
    }
}

/// One an image, of `[image, row, column]`.
fn maps(all: &Tensor) -> Result<Vec<SaliencyMap>> {
    let (images, rows, columns) = all.size3()?;
    let flat = all.f_to_kind(Kind::Float)?.f_to_device(tch::Device::Cpu)?.f_flatten(1, 2)?;
    let of_image = |image| {
        let values = Vec::try_from(flat.f_get(image)?)?;
        Ok(SaliencyMap { rows: rows as u32, columns: columns as u32, values })
    };
    (0..images).map(of_image).collect()
}

/// Log-odds of one class an image against the rest, `[image]`. Of two classes they are the difference of the logits, with
/// the other sign for the class that is not positive.
fn log_odds(logits: &Tensor, classes: &[Label]) -> std::result::Result<Tensor, TchError> {
    let count = logits.size()[1];
    let asked: Vec<i64> = classes.iter().map(|&class| output_of(class) as i64).collect();
    let asked = Tensor::f_from_slice(&asked)?.f_to_device(logits.device())?.f_unsqueeze(1)?;
    let own = logits.f_gather(1, &asked, false)?.f_squeeze_dim(1)?;
    let others = if count == 2 {
        logits.f_gather(1, &(1 - &asked), false)?.f_squeeze_dim(1)?
    } else {
        let is_asked = logits.f_zeros_like()?.f_scatter_value(1, &asked, 1.0)?;
        let rest = logits.f_masked_fill(&is_asked.f_to_kind(Kind::Bool)?, f64::NEG_INFINITY)?;
        rest.f_logsumexp(&[1_i64][..], false)?
    };
    own.f_sub(&others)
}

/// `[image, row, column]` of the last feature map, not negative. The score of a class is its log-odds against the rest.
fn grad_cam(network: &DenseNet, images: &Tensor, classes: &[Label]) -> Result<Tensor> {
    let map = tch::no_grad(|| network.feature_map(images, false)).detach();
    let map = map.f_set_requires_grad(true)?;
    let gradient = tch::with_grad(|| {
        let logits = network.classify(&network.pooled(&map));
        let log_odds = log_odds(&logits, classes)?;
        // The images do not touch each other: the gradient of the sum is that of each.
        let score = log_odds.f_sum(Kind::Float)?;
        Tensor::f_run_backward(&[score], &[&map], false, false)
    })?;
    let gradient = &gradient[0];
    // Equation 1: a channel's weight is its gradient's mean over the places.
    let weights = gradient.f_mean_dim(&[2_i64, 3][..], true, Kind::Float)?;
    // Equation 2.
    let weighted = (weights * map.detach()).f_sum_dim_intlist(&[1_i64][..], false, Kind::Float)?;
    Ok(weighted.f_relu()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::densenet::Architecture;
    use tch::nn::{self, OptimizerConfig as _, VarStore};

    /// A small network that has learned to find a bright square in noise. 64 x 64 images, a feature map of
    /// 4 x 4, because of two transitions fewer than DenseNet-121 has.
    fn trained() -> (VarStore, DenseNet) {
        let variables = VarStore::new(tch::Device::Cpu);
        let tiny = Architecture { growth: 8, blocks: &[2, 2, 2], stem: 8 };
        let network = DenseNet::new(&variables.root(), tiny, 2);
        let mut adam = nn::Adam::default().build(&variables, 1e-2).expect("optimizer");
        for step in 0..60 {
            let (images, targets) = squares(step);
            let loss = network.forward(&images, true).cross_entropy_for_logits(&targets);
            adam.backward_step(&loss);
        }
        (variables, network)
    }

    /// 16 images of noise; every other one, the COVID ones, has a bright square in one of four corners.
    fn squares(step: i64) -> (Tensor, Tensor) {
        let images = Tensor::rand([16, 3, 64, 64], (Kind::Float, tch::Device::Cpu)) - 0.5;
        for image in (0..16).filter(|image| image % 2 == 1) {
            put_square(&images, image, (image / 2 + step) % 4);
        }
        (images, Tensor::arange(16, (Kind::Int64, tch::Device::Cpu)).remainder(2))
    }

    fn put_square(images: &Tensor, image: i64, corner: i64) {
        let (top, left) = (corner / 2 * 40 + 2, corner % 2 * 40 + 2);
        let _ = images.get(image).narrow(1, top, 20).narrow(2, left, 20).fill_(2.0);
    }

    /// Row and column of the greatest value.
    fn peak(map: &Tensor) -> (i64, i64) {
        let columns = map.size()[1];
        let place = map.flatten(0, -1).argmax(None, false).int64_value(&[]);
        (place / columns, place % columns)
    }

    /// Whether the map is highest in the corner of the square, whichever that is, and higher than where there
    /// is none.
    fn finds_the_square(network: &DenseNet) -> bool {
        (0..4).all(|corner| {
            let images = Tensor::rand([2, 3, 64, 64], (Kind::Float, tch::Device::Cpu)) - 0.5;
            put_square(&images, 1, corner);
            let maps = grad_cam(network, &images, &[Label::COVID; 2]).expect("maps");
            assert!(maps.min().double_value(&[]) >= 0.0);
            let map = maps.get(1);
            let side = map.size()[0];
            let (row, column) = peak(&map);
            let strength = |image| maps.get(image).max().double_value(&[]);
            (row * 2 / side, column * 2 / side) == (corner / 2, corner % 2)
                && strength(1) > 2.0 * strength(0)
        })
    }

    /// Not every network that learns so briefly goes by the square alone, and tests that run beside this one
    /// draw from libtorch's numbers too, so several may try. By chance one in 256 would do.
    #[test]
    fn the_map_is_highest_where_the_evidence_is() {
        let found = (0..5).any(|_| {
            let (_variables, network) = trained();
            finds_the_square(&network)
        });
        assert!(found, "none of five networks shows the corner of the square");
    }

    /// Of a mean over places and a linear layer the gradient is known: the difference of the two rows of
    /// weights, over the number of places.
    #[test]
    fn the_gradient_is_that_of_the_head() {
        tch::manual_seed(5);
        let variables = VarStore::new(tch::Device::Cpu);
        let tiny = Architecture { growth: 4, blocks: &[2, 1], stem: 6 };
        let network = DenseNet::new(&variables.root(), tiny, 2);
        let images = Tensor::rand([1, 3, 64, 64], (Kind::Float, tch::Device::Cpu));
        let map = tch::no_grad(|| network.feature_map(&images, false));
        let weights = variables.variables()["classifier.weight"].detach();
        let difference = weights.get(1) - weights.get(0);
        let places = map.size()[2] * map.size()[3];
        for (class, sign) in [(Label::COVID, 1.0), (Label::NON_COVID, -1.0)] {
            let channels = difference.view([1, -1, 1, 1]) * (sign / places as f64);
            let expected =
                (channels * &map).sum_dim_intlist(&[1_i64][..], false, Kind::Float).relu();
            let found = grad_cam(&network, &images, &[class]).expect("map");
            let apart = (found - expected).abs().max().double_value(&[]);
            assert!(apart < 1e-6, "{apart}");
        }
    }
}
