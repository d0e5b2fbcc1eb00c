//! Adam (Kingma and Ba, arXiv 1412.6980) with decoupled weight decay. Our own, since libtorch's, as tch
//! has it, lets nobody read its moments, without which a stopped run cannot go on as if it had not been.

use tch::Tensor;
use tch::nn::VarStore;

use crate::error::Result;
use crate::state;

/// torch.optim's defaults.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Variables by their names in a `VarStore`, in an order that is always the same.
pub type Named = Vec<(String, Tensor)>;

/// Numbers a step goes through at once: few enough for a processor's cache.
const PIECE: i64 = 1 << 18;

#[derive(Debug)]
pub struct Adam {
    /// The trained variables, sharing memory with the network's: first those that weight decay is for.
    variables: Named,
    /// How many it is for.
    decaying: usize,
    /// The same, one after another in one stretch of memory, so that a step is a few long operations.
    values: Tensor,
    /// Running means of each value's gradient, and of its square in units of 1 - beta2.
    moments: [Tensor; 2],
    weight_decay: f64,
    /// Steps made.
    steps: i32,
}

impl Adam {
    /// For all that is trainable in the store, whose variables move to new places in memory.
    ///
    /// # Errors
    /// libtorch's.
    pub fn new(store: &VarStore, weight_decay: f64) -> Result<Self> {
        // Normalisation and biases have one dimension, and are spared.
        let (mut variables, vectors): (Named, Named) =
            state::trainable(store).into_iter().partition(|(_, variable)| variable.dim() > 1);
        let decaying = variables.len();
        variables.extend(vectors);
        let values = tch::no_grad(|| {
            let values = in_a_row(variables.iter().map(|(_, variable)| variable))?;
            let places = in_places(&values, &variables)?;
            for ((_, variable), place) in variables.iter_mut().zip(places) {
                variable.f_set_data(&place)?;
            }
            Result::Ok(values)
        })?;
        let moments = [values.f_zeros_like()?, values.f_zeros_like()?];
        Ok(Self { variables, decaying, values, moments, weight_decay, steps: 0 })
    }

    /// What it trains, sharing memory with the network.
    pub fn variables(&self) -> &Named {
        &self.variables
    }

    /// Makes a step at a learning rate above 0, from a gradient for each of [`Adam::variables`]. Those whose
    /// gradient is undefined stay as they are.
    ///
    /// # Errors
    /// Whatever keeps libtorch from computing.
    pub fn step(&mut self, gradients: &[Tensor], learning_rate: f64) -> Result<()> {
        self.steps += 1;
        let pairs: Vec<(&Tensor, &Tensor)> =
            self.variables.iter().map(|(_, variable)| variable).zip(gradients).collect();
        let (matrices, vectors) = pairs.split_at(self.decaying);
        let mut start = 0;
        tch::no_grad(|| {
            for (group, decay) in [(matrices, learning_rate * self.weight_decay), (vectors, 0.0)] {
                // Neighbours that have a gradient go together: all of them, but where layers are frozen.
                for run in group.chunk_by(|(_, a), (_, b)| a.defined() == b.defined()) {
                    let length =
                        run.iter().map(|(variable, _)| variable.numel() as i64).sum::<i64>();
                    if run[0].1.defined() {
                        let gradient = in_a_row(run.iter().map(|(_, gradient)| *gradient))?;
                        self.step_along(start, &gradient, learning_rate, 1.0 - decay)?;
                    }
                    start += length;
                }
            }
            Ok(())
        })
    }

    /// The step of the values from `start` on that have this gradient; `kept` is what decay leaves of them.
    fn step_along(
        &self,
        start: i64,
        gradient: &Tensor,
        learning_rate: f64,
        kept: f64,
    ) -> Result<()> {
        let correction1 = 1.0 - BETA1.powi(self.steps);
        let correction2 = 1.0 - BETA2.powi(self.steps);
        // The square's mean is kept in units of 1 - beta2, which spares an operation a step; all
        // factors of one number are gathered in the last division.
        let unit = ((1.0 - BETA2) / correction2).sqrt();
        let rate = -learning_rate / correction1;
        let end = gradient.size1()?;
        for at in (0..end).step_by(PIECE as usize) {
            let length = PIECE.min(end - at);
            let gradient = gradient.f_narrow(0, at, length)?;
            let piece = |of: &Tensor| of.f_narrow(0, start + at, length);
            let (mut values, mut mean, mut square) =
                (piece(&self.values)?, piece(&self.moments[0])?, piece(&self.moments[1])?);
            if kept != 1.0 {
                let _ = values.f_mul_scalar_(kept)?;
            }
            let _ = mean.f_lerp_(&gradient, 1.0 - BETA1)?;
            let _ = square.f_mul_scalar_(BETA2)?.f_addcmul_(&gradient, &gradient)?;
            let mut divisor = square.f_sqrt()?.f_mul_scalar_(unit / rate)?;
            let _ = values.f_addcdiv_(&mean, &divisor.f_add_scalar_(EPSILON / rate)?)?;
        }
        Ok(())
    }

    /// Starts anew, as if no step had been made.
    ///
    /// # Errors
    /// libtorch's.
    pub fn forget(&mut self) -> Result<()> {
        for moment in &mut self.moments {
            let _ = moment.f_zero_()?;
        }
        self.steps = 0;
        Ok(())
    }

    /// The moments and the count of steps under names of their own, to be kept.
    ///
    /// # Errors
    /// libtorch's.
    pub fn state(&self) -> Result<Named> {
        let mut state = vec![("adam.steps".into(), Tensor::from(i64::from(self.steps)))];
        for (what, moment) in ["mean", "square"].into_iter().zip(&self.moments) {
            let places = in_places(moment, &self.variables)?;
            let names = self.variables.iter().map(|(name, _)| format!("adam.{what}.{name}"));
            state.extend(names.zip(places));
        }
        Ok(state)
    }

    /// Where [`Adam::state`]'s numbers go when they are read back.
    pub fn set_steps(&mut self, steps: i32) {
        self.steps = steps;
    }
}

/// Copies the numbers of tensors into one row of them.
fn in_a_row<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> Result<Tensor> {
    let flat: Vec<Tensor> =
        tensors.map(|tensor| tensor.f_flatten(0, -1)).collect::<std::result::Result<_, _>>()?;
    Ok(Tensor::f_cat(&flat, 0)?)
}

/// The parts of a row that stand for the variables.
fn in_places(row: &Tensor, variables: &Named) -> Result<Vec<Tensor>> {
    let mut start = 0;
    variables
        .iter()
        .map(|(_, variable)| {
            let length = variable.numel() as i64;
            let place = row.f_narrow(0, start, length)?.f_view_as(variable)?;
            start += length;
            Ok(place)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::by_autograd;
    use tch::nn::OptimizerConfig as _;
    use tch::{Device, Kind};

    /// A store with a matrix and a vector of fixed numbers.
    fn store() -> (VarStore, Tensor, Tensor) {
        let store = VarStore::new(Device::Cpu);
        let path = store.root();
        let matrix = path
            .var_copy("matrix", &(Tensor::arange(6, (Kind::Float, Device::Cpu)).view([2, 3]) / 3));
        let vector = path.var_copy("vector", &Tensor::from_slice(&[0.5_f32, -1.0, 2.0]));
        (store, matrix, vector)
    }

    fn loss(matrix: &Tensor, vector: &Tensor) -> Tensor {
        (matrix.mv(vector).sin().sum(Kind::Float) + vector.square().sum(Kind::Float)) * 2.0
    }

    fn gradients(loss: &Tensor, adam: &Adam) -> Vec<Tensor> {
        by_autograd(loss, adam.variables()).expect("gradients")
    }

    #[test]
    fn who_starts_anew_has_made_no_steps() {
        let made = |steps_before: usize| {
            let (store, matrix, vector) = store();
            let mut adam = Adam::new(&store, 0.0).expect("Adam");
            let found = gradients(&loss(&matrix, &vector), &adam);
            for _ in 0..steps_before {
                // The vector alone learns, as a last layer does.
                adam.step(&[Tensor::new(), found[1].shallow_clone()], 0.1).expect("step");
            }
            adam.forget().expect("forgotten");
            adam.step(&found, 0.1).expect("step");
            matrix
        };
        assert_eq!(made(7), made(0));
    }

    /// Without weight decay ours is libtorch's own Adam.
    #[test]
    fn steps_are_those_of_libtorch() {
        let (ours, our_matrix, our_vector) = store();
        let (theirs, their_matrix, their_vector) = store();
        let mut adam = Adam::new(&ours, 0.0).expect("Adam");
        let mut reference = tch::nn::Adam::default().build(&theirs, 1.0).expect("Adam");
        for step in 0..20 {
            let rate = 0.1 / f64::from(step + 1);
            adam.step(&gradients(&loss(&our_matrix, &our_vector), &adam), rate).expect("step");
            reference.set_lr(rate);
            reference.backward_step(&loss(&their_matrix, &their_vector));
        }
        for (ours, theirs) in [(&our_matrix, &their_matrix), (&our_vector, &their_vector)] {
            assert!((ours - theirs).abs().max().double_value(&[]) < 1e-5, "{ours} {theirs}");
        }
    }

    #[test]
    fn decay_takes_from_matrices_only() {
        let (store, matrix, vector) = store();
        let (before_matrix, before_vector) = (matrix.copy(), vector.copy());
        let mut adam = Adam::new(&store, 0.5).expect("Adam");
        // No gradient but 0: Adam itself moves nothing.
        let nothing = (&matrix * 0.0).sum(Kind::Float) + (&vector * 0.0).sum(Kind::Float);
        adam.step(&gradients(&nothing, &adam), 0.1).expect("step");
        assert!((&matrix - before_matrix * 0.95).abs().max().double_value(&[]) < 1e-6);
        assert_eq!(vector, before_vector);
    }
}
