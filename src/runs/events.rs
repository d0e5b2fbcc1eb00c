//! A run's numbers as TensorBoard reads them: an event file, which is a series of records
//! (`TFRecord`: length, its checksum, bytes, their checksum) of a protocol buffer each (`Event` and
//! `Summary` of TensorFlow's `event.proto` and `summary.proto`). Only scalars, so few fields that a
//! library for either would be larger than what is used of it.

use std::path::{Path, PathBuf};

use super::HistoryRow;

/// Polynomial of CRC-32C (Castagnoli), its bits reversed.
const CASTAGNOLI: u32 = 0x82f6_3b78;

/// What `TFRecord` adds to a rotated checksum, so that one of bytes that hold checksums is sound.
const MASK: u32 = 0xa282_ead8;

/// What the first event of a file says.
const FILE_VERSION: &str = "brain.Event:2";

/// The event file of a run in its folder. TensorBoard goes by the first part of the name; the rest
/// stays the same, so that a run made again has one file.
pub fn path(folder: &Path) -> PathBuf {
    folder.join("events.out.tfevents.0.covid-ct")
}

/// All of a run's epochs: the loss in training, and loss, accuracy and AUROC on the validation split,
/// with the epoch as the step. Times count from 0, as only their differences are known.
pub fn of_history(history: &[HistoryRow]) -> Vec<u8> {
    let mut file = record(&event(0.0, 0, &bytes_field(3, FILE_VERSION.as_bytes())));
    let mut seconds = 0.0;
    for row in history {
        seconds += row.seconds;
        let values = [
            ("loss/train", row.train_loss),
            ("loss/val", row.val_loss),
            ("val/accuracy", row.val_accuracy),
            ("val/AUROC", row.val_auroc),
            ("learning rate", row.learning_rate),
        ];
        let summary: Vec<u8> = values.iter().flat_map(|(tag, value)| scalar(tag, *value)).collect();
        let event = event(seconds, u64::from(row.epoch), &bytes_field(5, &summary));
        file.extend(record(&event));
    }
    file
}

/// An `Event`: `wall_time` is field 1, `step` field 2; what it tells comes encoded.
fn event(wall_time: f64, step: u64, told: &[u8]) -> Vec<u8> {
    let mut event = key(1, 1);
    event.extend(wall_time.to_le_bytes());
    event.extend(key(2, 0));
    event.extend(varint(step));
    event.extend(told);
    event
}

/// A `Summary.Value`, field 1 of a `Summary`: `tag` is its field 1, `simple_value` its field 2.
fn scalar(tag: &str, value: f64) -> Vec<u8> {
    let mut scalar = bytes_field(1, tag.as_bytes());
    scalar.extend(key(2, 5));
    scalar.extend((value as f32).to_le_bytes());
    bytes_field(1, &scalar)
}

fn bytes_field(field: u8, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = key(field, 2);
    encoded.extend(varint(bytes.len() as u64));
    encoded.extend(bytes);
    encoded
}

/// Field and wire type: 0 for a varint, 1 and 5 for 8 and 4 bytes, 2 for a length and bytes.
fn key(field: u8, wire_type: u8) -> Vec<u8> {
    vec![field << 3 | wire_type]
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut encoded = Vec::new();
    while value >= 0x80 {
        encoded.push(value as u8 | 0x80);
        value >>= 7;
    }
    encoded.push(value as u8);
    encoded
}

fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked_checksum(&length).to_le_bytes());
    record.extend(bytes);
    record.extend(masked_checksum(bytes).to_le_bytes());
    record
}

fn masked_checksum(bytes: &[u8]) -> u32 {
    checksum(bytes).rotate_right(15).wrapping_add(MASK)
}

/// CRC-32C, a bit at a time: an event has a hundred bytes.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ CASTAGNOLI } else { sum >> 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-32C, and the test vectors of RFC 3720, B.4.
    #[test]
    fn checksums_are_castagnolis() {
        assert_eq!(checksum(b"123456789"), 0xe306_9283);
        assert_eq!(checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(checksum(&[0xff; 32]), 0x62a8_ab43);
    }

    #[test]
    fn varints_take_seven_bits_a_byte() {
        assert_eq!(varint(0), [0]);
        assert_eq!(varint(127), [127]);
        assert_eq!(varint(300), [0xac, 0x02]);
    }

    #[test]
    fn a_file_is_a_version_and_an_event_an_epoch() {
        let row = |epoch| HistoryRow {
            epoch,
            learning_rate: 1e-4,
            train_loss: 0.7,
            val_loss: 0.6,
            val_accuracy: 0.5,
            val_auroc: 0.8,
            seconds: 2.5,
        };
        let file = of_history(&[row(1), row(300)]);
        let (mut rest, mut events) = (&file[..], Vec::new());
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().expect("8 bytes")) as usize;
            events.push(&rest[12..12 + length]);
            rest = &rest[12 + length + 4..];
        }
        assert_eq!(events.len(), 3);
        let holds = |event: &[u8], part: &[u8]| event.windows(part.len()).any(|at| at == part);
        assert!(holds(events[0], FILE_VERSION.as_bytes()));
        assert!(holds(events[1], b"val/AUROC") && holds(events[1], &0.8_f32.to_le_bytes()));
        assert!(events[2].starts_with(&[9]) && holds(events[2], &[16, 0xac, 0x02]));
        assert!(holds(events[2], &5.0_f64.to_le_bytes()));
    }
}
