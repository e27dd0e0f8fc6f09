//! PNG uploads, written byte by byte.

/// A PNG with `depth` bits per sample and this color type, built from filtered rows.
pub struct Png {
    pub width: u32,
    pub height: u32,
    pub depth: u8,
    pub color: u8,
    pub interlaced: bool,
    /// The chunks before the pixels.
    pub chunks: Vec<([u8; 4], Vec<u8>)>,
    pub rows: Vec<u8>,
}

impl Png {
    /// 8 bits per sample; `pixels` is row by row.
    pub fn new(width: u32, height: u32, color: u8, pixels: &[u8]) -> Self {
        let mut rows = Vec::new();
        for row in pixels.chunks(pixels.len() / height as usize) {
            rows.push(0);
            rows.extend(row);
        }
        Self { width, height, depth: 8, color, interlaced: false, chunks: Vec::new(), rows }
    }

    pub fn chunk(mut self, kind: [u8; 4], data: impl Into<Vec<u8>>) -> Self {
        self.chunks.push((kind, data.into()));
        self
    }

    /// Adds an ICC profile.
    pub fn profile(self, profile: &[u8]) -> Self {
        let data = [b"profile\0\0", &zlib(profile)[..]].concat();
        self.chunk(*b"iCCP", data)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut header = self.width.to_be_bytes().to_vec();
        header.extend(self.height.to_be_bytes());
        header.extend([self.depth, self.color, 0, 0, u8::from(self.interlaced)]);
        let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
        bytes.extend(chunk(*b"IHDR", &header));
        for (kind, data) in &self.chunks {
            bytes.extend(chunk(*kind, data));
        }
        bytes.extend(chunk(*b"IDAT", &zlib(&self.rows)));
        bytes.extend(chunk(*b"IEND", &[]));
        bytes
    }
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("a short chunk").to_be_bytes();
    let checked = [&kind, data].concat();
    [&length[..], &checked, &crc(&checked).to_be_bytes()].concat()
}

/// A zlib stream without compression.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x78, 1];
    for block in data.chunks(0xFFFF) {
        let length = u16::try_from(block.len()).expect("a short block");
        bytes.push(0);
        bytes.extend(length.to_le_bytes().into_iter().chain((!length).to_le_bytes()));
        bytes.extend(block);
    }
    bytes.extend([1, 0, 0, 0xFF, 0xFF]);
    let (mut low, mut high) = (1_u32, 0);
    for &byte in data {
        low = (low + u32::from(byte)) % 65521;
        high = (high + low) % 65521;
    }
    bytes.extend((high << 16 | low).to_be_bytes());
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
