//! What people decide: queue, prompts, annotations as text.
