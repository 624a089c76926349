//! Vectors in eight bits: those computed so far, by the hash of their text, and matrices to search exactly.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use tantivy::Directory;
use tantivy::directory::{MmapDirectory, OwnedBytes};

use crate::models::kernels::{ROW_OFFSET, dot_rows};

/// Bytes before the scales of a matrix file.
const HEAD: usize = 24;

/// The first sixteen bytes of a text's SHA-256.
pub type Key = [u8; 16];

/// A vector as one scale and a byte per value, stored with an offset of 128.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    pub scale: f32,
    pub bytes: Vec<u8>,
}

impl Quantised {
    /// The nearest: values are at most half a 127th of the largest away.
    pub fn of(vector: &[f32]) -> Self {
        let most = vector.iter().fold(0f32, |m, v| m.max(v.abs())).max(f32::MIN_POSITIVE);
        let bytes = vector.iter().map(|v| ((v / most * 127.0).round() as i32 + ROW_OFFSET) as u8).collect();
        Self { scale: most / 127.0, bytes }
    }
}

/// Vectors computed so far, in a file that is only added to: an interrupted run goes on where it stopped, and a new version of
/// a law costs its changed articles only.
pub struct Vectors {
    file: File,
    width: usize,
    places: HashMap<Key, usize>,
    held: Vec<Quantised>,
    new: Vec<u8>,
}

/// Key, scale, values.
const fn record(width: usize) -> usize {
    16 + 4 + width
}

impl Vectors {
    /// Opens or creates; another process that has it open is waited for. A record cut off at the end is dropped.
    pub fn open(path: &Path, width: usize) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        fs4::fs_std::FileExt::lock_exclusive(&file)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (records, _) = (bytes.chunks_exact(record(width)), ());
        let whole = records.len() * record(width);
        let (mut places, mut held) = (HashMap::with_capacity(records.len()), Vec::with_capacity(records.len()));
        for r in records {
            let (key, rest) = r.split_at(16);
            let (scale, values) = rest.split_at(4);
            let key: Key = key.try_into().unwrap_or_default();
            let scale = f32::from_le_bytes(scale.try_into().unwrap_or_default());
            places.insert(key, held.len());
            held.push(Quantised { scale, bytes: values.to_vec() });
        }
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, width, places, held, new: vec![] })
    }

    pub fn key(text: &str) -> Key {
        let mut key = Key::default();
        key.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
        key
    }

    pub fn has(&self, key: &Key) -> bool {
        self.places.contains_key(key)
    }

    pub fn get(&self, key: &Key) -> Option<Quantised> {
        self.places.get(key).map(|at| self.held[*at].clone())
    }

    /// Adds a vector; it is on disk after [`Self::flush`].
    pub fn add(&mut self, key: Key, vector: Quantised) {
        assert_eq!(vector.bytes.len(), self.width);
        self.new.extend_from_slice(&key);
        self.new.extend_from_slice(&vector.scale.to_le_bytes());
        self.new.extend_from_slice(&vector.bytes);
        self.places.insert(key, self.held.len());
        self.held.push(vector);
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&std::mem::take(&mut self.new))
    }
}

/// Moves the vector of a question towards those of its answers: `q' = q + q W`, brought back to length 1.
pub struct QueryMap {
    width: usize,
    /// `[from][to]`.
    weights: Vec<f32>,
}

impl QueryMap {
    /// Row-major little-endian f16; none unless they make a square of this width.
    pub fn read(bytes: &[u8], width: usize) -> Option<Self> {
        let (values, rest) = bytes.as_chunks::<2>();
        let weights: Vec<f32> = values.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect();
        (rest.is_empty() && weights.len() == width * width && weights.iter().all(|w| w.is_finite()))
            .then_some(Self { width, weights })
    }

    pub fn apply(&self, vector: &mut [f32]) {
        assert_eq!(vector.len(), self.width);
        let before = vector.to_vec();
        for (q, row) in before.iter().zip(self.weights.chunks_exact(self.width)) {
            vector.iter_mut().zip(row).for_each(|(v, w)| *v += q * w);
        }
        let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

/// Rows searched as a whole. Read from a file they stay there: the file is mapped into memory, and what is not searched costs
/// none.
pub struct Matrix {
    width: usize,
    bytes: OwnedBytes,
    scales: Vec<f32>,
}

impl Matrix {
    pub fn new(width: usize, rows: impl IntoIterator<Item = Quantised>) -> Self {
        let (mut bytes, mut scales) = (Vec::new(), Vec::new());
        for row in rows {
            assert_eq!(row.bytes.len(), width);
            bytes.extend_from_slice(&row.bytes);
            scales.push(row.scale);
        }
        Self { width, bytes: OwnedBytes::new(bytes), scales }
    }

    pub fn len(&self) -> usize {
        self.scales.len()
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Cosine of a query (of length 1) with every row, to about two decimals and a half.
    pub fn similarities(&self, query: &[f32]) -> Vec<f32> {
        assert_eq!(query.len(), self.width);
        let query = Quantised::of(query);
        let signed: Vec<i8> = query.bytes.iter().map(|b| (i32::from(*b) - ROW_OFFSET) as i8).collect();
        let dots = dot_rows(&signed, &self.bytes);
        dots.into_iter().zip(&self.scales).map(|(dot, scale)| dot as f32 * scale * query.scale).collect()
    }

    /// Then the width and the count in eight bytes each, a scale per row, the rows.
    const MAGIC: [u8; 8] = *b"zhicaiV1";

    /// Writes the matrix beside `path`, then puts it in its place.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let fresh = path.with_extension("new");
        let mut file = io::BufWriter::new(File::create(&fresh)?);
        file.write_all(&Self::MAGIC)?;
        file.write_all(&(self.width as u64).to_le_bytes())?;
        file.write_all(&(self.len() as u64).to_le_bytes())?;
        self.scales.iter().try_for_each(|s| file.write_all(&s.to_le_bytes()))?;
        file.write_all(&self.bytes)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(fresh, path)
    }

    /// Maps what [`Self::save`] wrote; `None` for anything else.
    pub fn load(path: &Path) -> io::Result<Option<Self>> {
        let other = |e: String| io::Error::other(e);
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
        // The index's own directory maps files: the unsafe part is theirs.
        let directory = MmapDirectory::open(folder).map_err(|e| other(e.to_string()))?;
        let file = directory.open_read(Path::new(name)).map_err(|e| other(e.to_string()))?.read_bytes()?;
        let Some((head, _)) = file.split_at_checked(HEAD) else { return Ok(None) };
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap_or_default());
        let (width, count) = (number(8), number(16));
        let size = count.checked_mul(width.saturating_add(4)).and_then(|n| n.checked_add(HEAD as u64));
        if head[..8] != Self::MAGIC || size != Some(file.len() as u64) || width == 0 || !width.is_multiple_of(64) {
            return Ok(None);
        }
        let rows = HEAD + count as usize * 4;
        let scales = file[HEAD..rows].as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        Ok(Some(Self { width: width as usize, bytes: file.slice(rows..file.len()), scales }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(seed: usize) -> Vec<f32> {
        let v: Vec<f32> = (0..64).map(|i| ((i * 31 + seed * 17) % 29) as f32 - 14.0).collect();
        let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        v.into_iter().map(|x| x / length).collect()
    }

    #[test]
    fn what_was_computed_is_found_again_and_a_cut_record_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        let mut vectors = Vectors::open(&path, 64).unwrap();
        for i in 0..3 {
            vectors.add(Vectors::key(&i.to_string()), Quantised::of(&vector(i)));
        }
        vectors.flush().unwrap();
        drop(vectors);
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 5).unwrap();
        drop(file);
        let vectors = Vectors::open(&path, 64).unwrap();
        assert_eq!(vectors.get(&Vectors::key("1")), Some(Quantised::of(&vector(1))));
        assert!(!vectors.has(&Vectors::key("2")));
    }

    #[test]
    fn a_map_moves_a_question_and_keeps_its_length() {
        let zero = QueryMap::read(&[0; 2 * 64 * 64], 64).unwrap();
        let mut question = vector(3);
        zero.apply(&mut question);
        assert!(question.iter().zip(vector(3)).all(|(a, b)| (a - b).abs() < 1e-6));
        let mut bytes = vec![0u8; 2 * 64 * 64];
        // What stands in place 0 is added to place 1.
        bytes[2..4].copy_from_slice(&half::f16::ONE.to_le_bytes());
        let mut unit = vec![0f32; 64];
        unit[0] = 1.0;
        QueryMap::read(&bytes, 64).unwrap().apply(&mut unit);
        assert!((unit[0] - 0.5f32.sqrt()).abs() < 1e-6 && (unit[1] - 0.5f32.sqrt()).abs() < 1e-6);
        assert!(QueryMap::read(&bytes[2..], 64).is_none());
    }

    #[test]
    fn a_matrix_comes_back_and_finds_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m");
        Matrix::new(64, (0..50).map(|i| Quantised::of(&vector(i)))).save(&path).unwrap();
        let matrix = Matrix::load(&path).unwrap().unwrap();
        let found = matrix.similarities(&vector(7));
        for (i, got) in found.iter().enumerate() {
            let exact: f32 = vector(i).iter().zip(vector(7)).map(|(a, b)| a * b).sum();
            assert!((got - exact).abs() < 0.01, "{i}: {got} {exact}");
        }
        std::fs::write(&path, b"zhicaiV1 and then nonsense that is long enough").unwrap();
        assert!(Matrix::load(&path).unwrap().is_none());
    }
}
