//! Collects the center square of a picture row by row, so that a large picture is never entirely in memory.

use image::{DynamicImage, ImageBuffer};

/// The square is scaled down by an integer factor while it is collected, but not below this side. This is twice the
/// larger avatar, so that the final filter determines the look.
const MIN_SIDE: usize = 1024;

/// Collects the center square of a picture of `width` × `height` pixels, with 8 bits per sample.
pub(super) struct Square {
    /// 1 to 4: gray or RGB, with or without alpha.
    channels: usize,
    left: usize,
    top: usize,
    /// How many pixels per axis are merged into one.
    factor: usize,
    /// The side of the result.
    side: usize,
    /// Rows added so far.
    rows: usize,
    /// For each pixel of the next row of the result: its colors, weighted by alpha, and its alpha.
    sums: Vec<u64>,
    pixels: Vec<u8>,
}

impl Square {
    pub(super) fn new(width: usize, height: usize, channels: usize) -> Self {
        let full = width.min(height);
        let factor = (full / MIN_SIDE).max(1);
        let side = full / factor;
        let used = side * factor;
        Self {
            channels,
            left: (width - used) / 2,
            top: (height - used) / 2,
            factor,
            side,
            rows: 0,
            sums: vec![0; side * channels],
            pixels: Vec::with_capacity(side * side * channels),
        }
    }

    /// Adds the next row of the picture, from top to bottom.
    pub(super) fn add(&mut self, row: &[u8]) {
        let row_of_square = self.rows.checked_sub(self.top);
        self.rows += 1;
        let Some(row_of_square) = row_of_square.filter(|row| *row < self.side * self.factor) else { return };
        let begin = self.left * self.channels;
        let Some(row) = row.get(begin..begin + self.side * self.factor * self.channels) else { return };
        if self.factor == 1 {
            self.pixels.extend_from_slice(row);
            return;
        }
        let has_alpha = self.channels.is_multiple_of(2);
        for (sums, block) in
            self.sums.chunks_exact_mut(self.channels).zip(row.chunks_exact(self.factor * self.channels))
        {
            for pixel in block.chunks_exact(self.channels) {
                match pixel {
                    [colors @ .., alpha] if has_alpha => {
                        for (sum, color) in sums.iter_mut().zip(colors) {
                            *sum += u64::from(*color) * u64::from(*alpha);
                        }
                        sums[colors.len()] += u64::from(*alpha);
                    }
                    colors => sums.iter_mut().zip(colors).for_each(|(sum, color)| *sum += u64::from(*color)),
                }
            }
        }
        if (row_of_square + 1).is_multiple_of(self.factor) {
            self.finish_row(has_alpha);
        }
    }

    fn finish_row(&mut self, has_alpha: bool) {
        let count = (self.factor * self.factor) as u64;
        for sums in self.sums.chunks_exact(self.channels) {
            match sums {
                // A transparent pixel has no color.
                [colors @ .., alpha] if has_alpha => {
                    self.pixels.extend(colors.iter().map(|color| mean(*color, *alpha)));
                    self.pixels.push(mean(*alpha, count));
                }
                colors => self.pixels.extend(colors.iter().map(|color| mean(*color, count))),
            }
        }
        self.sums.fill(0);
    }

    /// Returns the square, or `None` if rows are missing.
    pub(super) fn finish(self) -> Option<DynamicImage> {
        let side = u32::try_from(self.side).ok()?;
        match self.channels {
            1 => ImageBuffer::from_raw(side, side, self.pixels).map(DynamicImage::ImageLuma8),
            2 => ImageBuffer::from_raw(side, side, self.pixels).map(DynamicImage::ImageLumaA8),
            3 => ImageBuffer::from_raw(side, side, self.pixels).map(DynamicImage::ImageRgb8),
            4 => ImageBuffer::from_raw(side, side, self.pixels).map(DynamicImage::ImageRgba8),
            _ => None,
        }
    }
}

/// Rounded.
fn mean(sum: u64, count: u64) -> u8 {
    sum.checked_add(count / 2)
        .and_then(|sum| sum.checked_div(count))
        .map_or(0, |mean| u8::try_from(mean).unwrap_or(u8::MAX))
}
