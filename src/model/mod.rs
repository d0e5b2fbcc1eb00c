//! DenseNet on tch: training and prediction.
