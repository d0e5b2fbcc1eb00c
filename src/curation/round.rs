//! The work at one stage as a curator goes through it: what is left, and what was passed, so that an undo
//! needs no new queue.

use std::collections::VecDeque;

use super::asked::Task;
use super::queue::Queue;
use crate::store::Subject;
use covid_ct_core::Stage;

#[derive(Debug)]
pub(super) struct Round {
    pub stage: Stage,
    left: VecDeque<Task>,
    /// Decided or skipped, the last one last.
    passed: Vec<Task>,
    /// Of the whole queue, what was decided before the round included.
    pub total: usize,
}

impl Round {
    pub fn new(stage: Stage, queue: Queue) -> Self {
        let total = queue.done + queue.tasks.len();
        Self { stage, left: queue.tasks.into(), passed: Vec::new(), total }
    }

    /// What is asked about, and after it what comes next.
    pub fn left(&self) -> impl Iterator<Item = &Task> {
        self.left.iter()
    }

    pub fn current(&self) -> Option<&Task> {
        self.left.front()
    }

    /// How many are decided or skipped.
    pub fn done(&self) -> usize {
        self.total - self.left.len()
    }

    /// Goes on to what comes after the first `count`.
    pub fn pass(&mut self, count: usize) {
        self.passed.extend(self.left.drain(..count.min(self.left.len())));
    }

    /// What is left of the picture that is asked about, that first.
    pub fn of_picture(&self) -> impl Iterator<Item = &Task> {
        let image = self.current().map(|task| task.image.id);
        // A dispute has an answer of its own.
        let alone = self.current().is_some_and(|task| task.dispute.is_some());
        let of = self.left.iter().filter(move |task| Some(task.image.id) == image);
        of.take(if alone { 1 } else { usize::MAX })
    }

    /// Goes on to what comes after all that is left of the picture.
    pub fn pass_picture(&mut self) {
        let Some(image) = self.current().map(|task| task.image.id) else { return };
        let (of, left) = self.left.drain(..).partition(|task: &Task| task.image.id == image);
        self.left = left;
        let of: VecDeque<Task> = of;
        self.passed.extend(of);
    }

    /// Leaves out what somebody else does, before any of it was passed.
    pub fn leave_out(&mut self, mut is_left_out: impl FnMut(&Task) -> bool) {
        let before = self.left.len();
        self.left.retain(|task| !is_left_out(task));
        self.total -= before - self.left.len();
    }

    /// The same of what is asked about now.
    pub fn leave_out_first(&mut self) {
        self.total -= usize::from(self.left.pop_front().is_some());
    }

    /// Goes on to what comes after `subjects`, wherever they stand.
    pub fn pass_these(&mut self, subjects: &[Subject]) {
        for subject in subjects {
            if let Some(at) = self.left.iter().position(|task| task.subject() == *subject) {
                self.passed.extend(self.left.remove(at));
            }
        }
    }

    /// Asks again about `subjects` of `stage`, decided or skipped last, in their order. False, with
    /// nothing changed, where they are not what was passed last: then a new queue tells where they stand.
    pub fn bring_back(&mut self, stage: Stage, subjects: &[Subject]) -> bool {
        // What was said of a panel may have been said while its picture was asked about.
        let is_of = |task: &Task, subject: Subject| {
            task.subject() == subject || task.subject() == Subject::image(subject.image)
        };
        if stage != self.stage {
            return false;
        }
        let first = self.passed.len().checked_sub(subjects.len());
        if let Some(first) = first
            && self.passed[first..].iter().zip(subjects).all(|(task, of)| is_of(task, *of))
        {
            for task in self.passed.drain(first..).rev() {
                self.left.push_front(task);
            }
            return true;
        }
        // One panel of what is still asked about.
        matches!((subjects, self.current()), ([subject], Some(task)) if is_of(task, *subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ImageRow;
    use covid_ct_core::ObjectId;

    fn image_row(id: i64) -> ImageRow {
        ImageRow {
            id,
            document: 1,
            document_sha256: "ab".into(),
            preprint: 1,
            preprint_name: "x".into(),
            preprint_version: String::new(),
            xref: u32::try_from(id).ok(),
            page: 1,
            object: ObjectId { sha256: "cd".into(), extension: "png".into() },
            width: 100,
            height: 80,
            colour_space: "DeviceGray".into(),
            filter: "FlateDecode".into(),
            origin: crate::figures::ImageOrigin::Original,
            file_name: None,
            furniture: false,
            tile_of: None,
        }
    }

    fn round(images: &[i64]) -> Round {
        let tasks = images.iter().map(|&id| Task::of(image_row(id))).collect();
        Round::new(Stage::Select, Queue { tasks, ..Queue::default() })
    }

    fn left(round: &Round) -> Vec<i64> {
        round.left().map(|task| task.image.id).collect()
    }

    #[test]
    fn what_was_passed_last_comes_back_in_its_order() {
        let mut round = round(&[1, 2, 3, 4]);
        round.pass(1);
        round.pass(2);
        assert_eq!((left(&round), round.done()), (vec![4], 3));
        assert!(round.bring_back(Stage::Select, &[Subject::image(2), Subject::image(3)]));
        assert!(round.bring_back(Stage::Select, &[Subject::image(1)]));
        assert_eq!((left(&round), round.done()), (vec![1, 2, 3, 4], 0));
    }

    #[test]
    fn what_was_not_passed_last_needs_a_new_queue() {
        let mut round = round(&[1, 2, 3]);
        round.pass(2);
        assert!(!round.bring_back(Stage::Select, &[Subject::image(1)]));
        assert!(!round.bring_back(Stage::Diagnose, &[Subject::image(2)]));
        assert!(!round.bring_back(Stage::Select, &[0, 1, 2].map(Subject::image)));
        assert_eq!(left(&round), [3]);
    }

    #[test]
    fn what_is_left_of_a_picture_is_passed_at_once() {
        let mut round = round(&[1, 2, 1, 3]);
        assert_eq!(round.of_picture().count(), 2);
        round.pass_picture();
        assert_eq!((left(&round), round.done()), (vec![2, 3], 2));
        assert!(round.bring_back(Stage::Select, &[Subject::image(1), Subject::image(1)]));
        assert_eq!(left(&round), [1, 1, 2, 3]);
    }

    #[test]
    fn a_panel_comes_back_with_its_picture() {
        let mut round = round(&[1, 2]);
        assert!(round.bring_back(Stage::Select, &[Subject::panel(1, 7)]), "asked about now");
        round.pass(1);
        assert!(round.bring_back(Stage::Select, &[Subject::panel(1, 7)]));
        assert_eq!(left(&round), [1, 2]);
    }
}
