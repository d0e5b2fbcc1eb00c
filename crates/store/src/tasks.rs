//! Which task a workspace is of, what a changed task changes, and decisions in words that it does not know.

use std::collections::BTreeMap;

use covid_ct_core::task::{self, Answer, Task, built_in, in_force};
use rusqlite::{OptionalExtension as _, params};

use super::{Result, Store, StoreError, now};
use covid_ct_core::{Stage, Value};

/// Decisions in force, of one word that the task in force does not know.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnknownAnswer {
    pub stage: Stage,
    pub word: String,
    pub decisions: usize,
}

/// A task as a database keeps it.
struct Kept {
    name: String,
    sha256: String,
    text: String,
}

impl Store {
    /// The name of the task that the decisions here were made under.
    ///
    /// # Errors
    /// The database's.
    pub fn task_name(&self) -> Result<String> {
        Ok(self.kept_task()?.map_or_else(|| built_in().name.clone(), |kept| kept.name))
    }

    fn kept_task(&self) -> Result<Option<Kept>> {
        let kept = |row: &rusqlite::Row<'_>| {
            Ok(Kept { name: row.get(0)?, sha256: row.get(1)?, text: row.get(2)? })
        };
        let newest = "SELECT name, sha256, text FROM task ORDER BY id DESC LIMIT 1";
        Ok(self.db.query_row(newest, [], kept).optional()?)
    }

    /// Holds the task in force against that of the workspace. A workspace without a question decided takes it; a changed
    /// file of the same task is kept, and what it changes for decisions already made is told.
    ///
    /// # Errors
    /// [`StoreError::OtherTask`] where decisions were made under a task of another name.
    pub(super) fn take_task(&self) -> Result<()> {
        let (task, kept) = (in_force(), self.kept_task()?);
        let is_same = match &kept {
            Some(kept) => kept.sha256 == task.sha256,
            None => task.is_default(),
        };
        if is_same {
            return Ok(());
        }
        let name = kept.as_ref().map_or(&built_in().name, |kept| &kept.name);
        let is_decided = self.is_decided()?;
        if *name != task.name && is_decided {
            return Err(StoreError::OtherTask {
                path: self.db.path().unwrap_or_default().into(),
                of: name.clone(),
                given: task.name.clone(),
            });
        }
        if self.db.is_readonly(rusqlite::MAIN_DB)? {
            return Ok(());
        }
        if is_decided {
            self.tell_change(kept.as_ref().map_or(&built_in().text, |kept| &kept.text), task)?;
        }
        self.db.execute(
            "INSERT INTO task (name, sha256, text) VALUES (?1, ?2, ?3)",
            params![task.name, task.sha256, task.text],
        )?;
        Ok(())
    }

    fn is_decided(&self) -> Result<bool> {
        Ok(self.db.query_row("SELECT EXISTS (SELECT 1 FROM decision)", [], |row| row.get(0))?)
    }

    /// Tells of every answer given here that the changed task takes otherwise, and keeps it, for `status` to tell again.
    fn tell_change(&self, before: &str, task: &Task) -> Result<()> {
        // What was kept was read once.
        let before = task::parse(before, "").ok();
        let means = |task: &Task, stage: Stage, word: &str| {
            let answer = task.question(stage).and_then(|question| question.typed(word))?;
            let class = answer.class.map(|class| task.classes[class.index()].name);
            let Answer { keeps, drops, .. } = answer;
            Some((class, *keeps, *drops))
        };
        let path = self.db.path().unwrap_or_default();
        tracing::warn!("{path}: the file of the task {} has changed", task.name);
        for (stage, words) in self.words_given()? {
            for (word, count) in words {
                let now_means = means(task, stage, &word);
                let what = match before.as_ref().map(|before| means(before, stage, &word)) {
                    _ if now_means.is_none() => {
                        "is no answer any more: they are kept, and count for nothing"
                    }
                    Some(then) if then != now_means => {
                        "means something else now: they count as the task says now"
                    }
                    _ => continue,
                };
                let told = format!(
                    "the task has changed: of {count} decisions at {stage} '{word}' {what}"
                );
                tracing::warn!("{path}: {told}");
                self.db.execute(
                    "INSERT INTO upgrade (time, told)
                     SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM upgrade WHERE told = ?2)",
                    params![now(), told],
                )?;
            }
        }
        Ok(())
    }

    /// How many decisions in force say which word, by question.
    fn words_given(&self) -> Result<BTreeMap<Stage, BTreeMap<String, usize>>> {
        let mut query = self.db.prepare(
            "SELECT stage, value, count(*) FROM (
                 SELECT stage, value, row_number() OVER (
                     PARTITION BY stage, image, panel, curator ORDER BY time DESC, id DESC) AS newest
                 FROM decision WHERE stage NOT IN ('crop', 'case'))
             WHERE newest = 1 AND value IS NOT NULL GROUP BY stage, value",
        )?;
        let mut rows = query.query([])?;
        let mut words: BTreeMap<Stage, BTreeMap<String, usize>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let stage = Stage::named(&row.get::<_, String>(0)?);
            words.entry(stage).or_default().insert(row.get(1)?, row.get(2)?);
        }
        Ok(words)
    }

    /// Decisions in force in words, or at questions, that the task in force does not know: they are kept, and count for
    /// nothing. In the order of the stages, those that the task does not know last, and by word.
    ///
    /// # Errors
    /// The database's.
    pub fn unknown_answers(&self) -> Result<Vec<UnknownAnswer>> {
        let words = self.words_given()?.into_iter();
        let all = words.flat_map(|(stage, words)| {
            words.into_iter().map(move |(word, decisions)| UnknownAnswer { stage, word, decisions })
        });
        Ok(all.filter(|it| Value::answer(it.stage, &it.word).known().is_none()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::scratch;

    const TINY: &str = include_str!("../../../tasks/covid-ct.toml");

    #[test]
    fn decisions_come_through_the_migration_to_any_task() {
        let mut db = rusqlite::Connection::open_in_memory().expect("database");
        let migrations = rusqlite_migration::Migrations::from_slice(crate::MIGRATIONS);
        migrations.to_version(&mut db, 7).expect("version 7");
        db.execute_batch(
            "INSERT INTO preprint (id, name) VALUES (1, 'x');
             INSERT INTO document (id, sha256, path, source, pages, status, extractor, preprint)
                 VALUES (1, 'ab', 'x.pdf', 'pdf', 1, 'done', 1, 1);
             INSERT INTO image (id, document, xref, page, sha256, extension, width, height, colour_space, filter, origin)
                 VALUES (1, 1, 7, 1, 'cd', 'png', 10, 10, 'DeviceGray', '', 'original');
             INSERT INTO decision (id, stage, image, value, curator, time, note, adjudicates)
                 VALUES (5, 'select', 1, 'ct', 'ann', '2020-01-01T00:00:00Z', 'odd', 1);",
        )
        .expect("rows");
        migrations.to_latest(&mut db).expect("brought up to date");
        let row = "SELECT id || stage || value || note || adjudicates FROM decision";
        let told: String = db.query_row(row, [], |row| row.get(0)).expect("a row");
        assert_eq!(told, "5selectctodd1");
        for refused in ["UPDATE decision SET value = 'not-ct'", "DELETE FROM decision"] {
            let error = db.execute(refused, []).expect_err("refused").to_string();
            assert!(error.contains("append-only"), "{error}");
        }
        let plane = "INSERT INTO decision (stage, image, value, curator, time)
                     VALUES ('plane', 1, 'axial', 'ann', '2020-01-01T00:00:00Z')";
        assert_eq!(db.execute(plane, []).expect("any stage"), 1);
    }

    #[test]
    fn words_that_the_task_does_not_know_are_kept_and_told() {
        let (_folder, store) = scratch();
        assert_eq!(store.task_name().expect("name"), "covid-ct");
        store
            .db
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 INSERT INTO decision (stage, image, value, curator, time) VALUES
                     ('select', 1, 'ct', 'ann', '2020-01-01T00:00:00Z'),
                     ('select', 2, 'xray', 'ann', '2020-01-01T00:00:00Z'),
                     ('select', 3, 'xray', 'ann', '2020-01-01T00:00:00Z'),
                     ('select', 3, NULL, 'ann', '2020-01-02T00:00:00Z'),
                     ('plane', 1, 'axial', 'ann', '2020-01-01T00:00:00Z');",
            )
            .expect("rows");
        let unknown = store.unknown_answers().expect("unknown");
        let told: Vec<(&str, &str, usize)> =
            unknown.iter().map(|it| (it.stage.as_str(), &*it.word, it.decisions)).collect();
        assert_eq!(told, [("select", "xray", 1), ("plane", "axial", 1)]);

        let changed = TINY
            .replace("word = \"ct\"", "word = \"scan\"")
            .replace("\"ct\", others", "\"scan\", others");
        let task = task::parse(&changed, "").expect("sound");
        store.tell_change(TINY, &task).expect("told");
        let told = store.upgrades().expect("told").join("\n");
        assert!(told.contains("of 1 decisions at select 'ct' is no answer any more"), "{told}");
    }

    #[test]
    fn decisions_of_another_task_are_not_touched() {
        let (folder, store) = scratch();
        let row = "INSERT INTO task (name, sha256, text) VALUES ('flu', 'ab', 'name = 3')";
        store.db.execute(row, []).expect("row");
        store.take_task().expect("nothing is decided yet");
        assert_eq!(store.task_name().expect("name"), "covid-ct");
        store.db.execute(row, []).expect("row");
        store
            .db
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 INSERT INTO decision (stage, image, value, curator, time)
                 VALUES ('select', 1, 'ct', 'ann', '2020-01-01T00:00:00Z');",
            )
            .expect("row");
        let error =
            Store::open(&covid_ct_core::Workspace::new(folder.path())).expect_err("another");
        assert!(error.to_string().contains("the task flu") && error.to_string().contains("--task"));
    }
}
