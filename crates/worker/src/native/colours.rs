//! Colours by ICC profiles, each converted once: pictures have the same few again and again, and lcms takes ten times as long for
//! one as it takes to find it in a table.

use std::cell::RefCell;
use std::ffi::c_void;

unsafe extern "C" {
    fn __real_lcms2mt_cmsDoTransform(
        context: *mut c_void,
        transform: *mut c_void,
        input: *const u8,
        output: *mut u8,
        pixels: u32,
    );
    fn __real_lcms2mt_cmsDeleteTransform(context: *mut c_void, transform: *mut c_void);
    fn lcms2mt_cmsGetTransformInputFormat(context: *mut c_void, transform: *mut c_void) -> u32;
    fn lcms2mt_cmsGetTransformOutputFormat(context: *mut c_void, transform: *mut c_void) -> u32;
}

/// Rows shorter than this are not worth the table.
const SHORTEST: usize = 16;
/// Entries of the table, as a power of two: they fit into a processor's second cache.
const BITS: u32 = 16;
/// Rows that are converted without the table where a row before had few colours in it.
const ROWS_WITHOUT: u32 = 15;

/// What a transform takes and gives: samples of a byte side by side, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Layout {
    from: usize,
    to: usize,
}

/// Of lcms' description of pixels: `None` where they are anything but 1 to 4 samples of a byte.
fn samples(format: u32) -> Option<usize> {
    const BYTES: u32 = 0b111;
    const CHANNELS_AT: u32 = 3;
    // In lcms2mt: extra channels, planes, floats, premultiplied alpha. The order of channels, the colour space and whether 0 is
    // white are part of the transform.
    const ELSE: u32 = (0b11_1111 << 19) | (1 << 9) | (1 << 18) | (1 << 26);
    let channels = (format >> CHANNELS_AT) & 0b1111;
    let plain = format & BYTES == 1 && format & ELSE == 0 && (1..=4).contains(&channels);
    plain.then_some(channels as usize)
}

/// Colours that a transform was seen to make.
struct Table {
    /// The transform whose colours these are.
    transform: usize,
    layout: Option<Layout>,
    /// A colour in 32 bits, what it becomes in 24, and in 8 the turn of the transform that it was seen in.
    entries: Vec<u64>,
    turn: u8,
    /// Rows still to be converted without looking.
    without: u32,
    missing: Vec<u8>,
    found: Vec<u8>,
    places: Vec<u32>,
}

thread_local! {
    static TABLE: RefCell<Table> = const {
        RefCell::new(Table {
            transform: 0,
            layout: None,
            entries: Vec::new(),
            turn: 0,
            without: 0,
            missing: Vec::new(),
            found: Vec::new(),
            places: Vec::new(),
        })
    };
}

impl Table {
    /// Goes on with another transform.
    fn turn_to(&mut self, transform: usize, layout: Option<Layout>) {
        (self.transform, self.layout, self.without) = (transform, layout, 0);
        self.turn = self.turn.wrapping_add(1);
        if self.turn == 0 || self.entries.is_empty() {
            self.turn = 1;
            self.entries.clear();
            self.entries.resize(1 << BITS, 0);
        }
    }

    /// Converts a row as far as its colours are known; those that are not are put down.
    fn look_up<const FROM: usize, const TO: usize>(&mut self, input: &[u8], output: &mut [u8]) {
        self.missing.clear();
        self.places.clear();
        let Ok(entries) = <&[u64; 1 << BITS]>::try_from(&self.entries[..]) else { return };
        let turn = u64::from(self.turn);
        let (input, output) = (input.as_chunks::<FROM>().0, output.as_chunks_mut::<TO>().0);
        let mut place = 0;
        while place < input.len() && place < output.len() {
            let key = key(input[place]);
            let entry = entries[slot(key)];
            if entry >> 32 == u64::from(key) && entry & 0xff == turn {
                let colour = ((entry >> 8) as u32).to_le_bytes();
                let mut to = 0;
                while to < TO {
                    output[place][to] = colour[to];
                    to += 1;
                }
            } else {
                self.missing.extend_from_slice(&input[place]);
                self.places.push(place as u32);
            }
            place += 1;
        }
    }

    /// Puts what was missing in its places, and down in the table.
    fn fill_in<const FROM: usize, const TO: usize>(&mut self, output: &mut [u8]) {
        let turn = u64::from(self.turn);
        let (missing, found) = (self.missing.as_chunks::<FROM>().0, self.found.as_chunks::<TO>().0);
        let output = output.as_chunks_mut::<TO>().0;
        for ((&place, from), to) in self.places.iter().zip(missing).zip(found) {
            output[place as usize] = *to;
            let key = key(*from);
            let colour = to.iter().rev().fold(0, |all, &sample| (all << 8) | u64::from(sample));
            self.entries[slot(key)] = (u64::from(key) << 32) | (colour << 8) | turn;
        }
    }

    /// Converts a row; `convert` converts colours by the transform.
    fn row<const FROM: usize, const TO: usize>(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        convert: impl FnOnce(&[u8], &mut [u8]),
    ) {
        if self.without > 0 {
            self.without -= 1;
            return convert(input, output);
        }
        self.look_up::<FROM, TO>(input, output);
        if self.places.is_empty() {
            return;
        }
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        found.resize(self.places.len() * TO, 0);
        convert(&self.missing, &mut found);
        self.found = found;
        self.fill_in::<FROM, TO>(output);
        if 4 * self.places.len() * FROM > 3 * input.len() {
            self.without = ROWS_WITHOUT;
        }
    }
}

#[inline]
fn key<const FROM: usize>(colour: [u8; FROM]) -> u32 {
    let mut key = 0;
    let mut at = 0;
    while at < FROM {
        key = (key << 8) | colour[at] as u32;
        at += 1;
    }
    key
}

#[inline]
const fn slot(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// # Safety
/// As lcms' `cmsDoTransform`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_lcms2mt_cmsDoTransform(
    context: *mut c_void,
    transform: *mut c_void,
    input: *const u8,
    output: *mut u8,
    pixels: u32,
) {
    let convert = |from: *const u8, to: *mut u8, pixels: u32| {
        // SAFETY: context and transform are the caller's; what is read and written is as long as the layout says.
        unsafe { __real_lcms2mt_cmsDoTransform(context, transform, from, to, pixels) }
    };
    let length = pixels as usize;
    TABLE.with_borrow_mut(|table| {
        if length < SHORTEST {
            return convert(input, output, pixels);
        }
        if table.transform != transform.addr() {
            // SAFETY: these read two fields of the transform.
            let (from, to) = unsafe {
                (
                    samples(lcms2mt_cmsGetTransformInputFormat(context, transform)),
                    samples(lcms2mt_cmsGetTransformOutputFormat(context, transform)),
                )
            };
            table.turn_to(transform.addr(), from.zip(to).map(|(from, to)| Layout { from, to }));
        }
        let Some(Layout { from, to }) = table.layout else {
            return convert(input, output, pixels);
        };
        // SAFETY: the caller has `pixels` of them in `input`, and room for as many in `output`, which do not overlap where a
        // pixel has other samples before than after.
        let (read, written) = unsafe {
            (
                std::slice::from_raw_parts(input, length * from),
                std::slice::from_raw_parts_mut(output, length * to),
            )
        };
        let colours = |missing: &[u8], found: &mut [u8]| {
            convert(missing.as_ptr(), found.as_mut_ptr(), (missing.len() / from) as u32);
        };
        match (from, to) {
            (4, 3) => table.row::<4, 3>(read, written, colours),
            (3, 3) => table.row::<3, 3>(read, written, colours),
            (1, 3) => table.row::<1, 3>(read, written, colours),
            (4, 1) => table.row::<4, 1>(read, written, colours),
            (3, 1) => table.row::<3, 1>(read, written, colours),
            (1, 1) => table.row::<1, 1>(read, written, colours),
            _ => convert(input, output, pixels),
        }
    });
}

/// # Safety
/// As lcms' `cmsDeleteTransform`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_lcms2mt_cmsDeleteTransform(
    context: *mut c_void,
    transform: *mut c_void,
) {
    // Another may come to lie where it lay.
    TABLE.with_borrow_mut(|table| {
        if table.transform == transform.addr() {
            table.transform = 0;
        }
    });
    // SAFETY: what the caller hands in goes on as it is.
    unsafe { __real_lcms2mt_cmsDeleteTransform(context, transform) }
}
