//! Adam (Kingma and Ba, arXiv 1412.6980) with decoupled weight decay. Our own, since libtorch's, as tch
//! has it, lets nobody read its moments, without which a stopped run cannot go on as if it had not been.

use tch::Tensor;
use tch::nn::VarStore;

use super::state;
use crate::model::Result;

/// torch.optim's defaults.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Variables by their names in a `VarStore`, sorted, so that every run goes through them alike.
pub type Named = Vec<(String, Tensor)>;

#[derive(Debug)]
pub struct Adam {
    /// The trained variables, sharing memory with the network's.
    variables: Named,
    /// Running means of each variable's gradient, and of its square in units of 1 - beta2.
    moments: Vec<[Tensor; 2]>,
    weight_decay: f64,
    /// Steps made.
    steps: i32,
}

impl Adam {
    /// For all that is trainable in the store.
    pub fn new(store: &VarStore, weight_decay: f64) -> Self {
        let mut variables = state::sorted(store);
        variables.retain(|(_, variable)| variable.requires_grad());
        let moments = variables.iter().map(|(_, v)| [v.zeros_like(), v.zeros_like()]).collect();
        Self { variables, moments, weight_decay, steps: 0 }
    }

    /// Works out the gradients of `loss` and makes a step at a learning rate above 0. Variables that the
    /// loss does not depend on stay as they are.
    ///
    /// # Errors
    /// Whatever keeps libtorch from computing.
    pub fn step(&mut self, loss: &Tensor, learning_rate: f64) -> Result<()> {
        // As values and not into the variables: nothing need be cleared, nor added to what was.
        let wanted: Vec<&Tensor> = self.variables.iter().map(|(_, variable)| variable).collect();
        let gradients = Tensor::f_run_backward(&[loss], &wanted, false, false)?;
        self.steps += 1;
        let correction1 = 1.0 - BETA1.powi(self.steps);
        let correction2 = 1.0 - BETA2.powi(self.steps);
        // The square's mean is kept in units of 1 - beta2, which spares an operation a step; all
        // factors of one number are gathered in the last division.
        let unit = ((1.0 - BETA2) / correction2).sqrt();
        let rate = -learning_rate / correction1;
        let kept = 1.0 - learning_rate * self.weight_decay;
        tch::no_grad(|| {
            let variables = self.variables.iter_mut().zip(&mut self.moments);
            for (((_, variable), [mean, square]), gradient) in variables.zip(gradients) {
                if !gradient.defined() {
                    continue;
                }
                // Normalisation and biases have one dimension.
                if self.weight_decay != 0.0 && variable.dim() > 1 {
                    let _ = variable.f_mul_scalar_(kept)?;
                }
                let _ = mean.f_lerp_(&gradient, 1.0 - BETA1)?;
                let _ = square.f_mul_scalar_(BETA2)?.f_addcmul_(&gradient, &gradient)?;
                let mut divisor = square.f_sqrt()?.f_mul_scalar_(unit / rate)?;
                let _ = variable.f_addcdiv_(mean, &divisor.f_add_scalar_(EPSILON / rate)?)?;
            }
            Ok(())
        })
    }

    /// The moments and the count of steps under names of their own, to be kept.
    pub fn state(&self) -> Named {
        let moments = self.variables.iter().zip(&self.moments).flat_map(|((name, _), moments)| {
            let [mean, square] = moments.each_ref().map(Tensor::shallow_clone);
            [(format!("adam.mean.{name}"), mean), (format!("adam.square.{name}"), square)]
        });
        moments.chain([("adam.steps".into(), Tensor::from(i64::from(self.steps)))]).collect()
    }

    /// Where [`Adam::state`]'s numbers go when they are read back.
    pub fn set_steps(&mut self, steps: i32) {
        self.steps = steps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    /// Without weight decay ours is libtorch's own Adam.
    #[test]
    fn steps_are_those_of_libtorch() {
        let (ours, our_matrix, our_vector) = store();
        let (theirs, their_matrix, their_vector) = store();
        let mut adam = Adam::new(&ours, 0.0);
        let mut reference = tch::nn::Adam::default().build(&theirs, 1.0).expect("Adam");
        for step in 0..20 {
            let rate = 0.1 / f64::from(step + 1);
            adam.step(&loss(&our_matrix, &our_vector), rate).expect("step");
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
        let mut adam = Adam::new(&store, 0.5);
        // No gradient but 0: Adam itself moves nothing.
        adam.step(&((&matrix * 0.0).sum(Kind::Float) + (&vector * 0.0).sum(Kind::Float)), 0.1)
            .expect("step");
        assert!((&matrix - before_matrix * 0.95).abs().max().double_value(&[]) < 1e-6);
        assert_eq!(vector, before_vector);
    }
}
