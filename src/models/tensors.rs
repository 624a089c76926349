//! A GGUF's tensors in the forms the kernels want.

use std::io::{Read, Seek, SeekFrom};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::gguf_file::Content;

use super::ModelError;
use super::gguf::GgufFile;
use super::kernels::{PackedWeights, read_row, row_bytes};

/// The embedding table stays in the file; a row is read when its token comes.
pub struct Embedding {
    pub dtype: GgmlDType,
    pub offset: u64,
    pub vocabulary: usize,
}

impl Embedding {
    /// Row `id`; `bytes` is a buffer kept between calls.
    pub fn row(&self, file: &mut GgufFile, id: u32, bytes: &mut Vec<u8>, out: &mut [f32]) -> Result<(), ModelError> {
        if id as usize >= self.vocabulary {
            return Err(ModelError::Compute(format!("词号 {id} 超出词表")));
        }
        let size = row_bytes(self.dtype, out.len())?;
        bytes.resize(size, 0);
        file.seek(SeekFrom::Start(self.offset + u64::from(id) * size as u64))
            .and_then(|_| file.read_exact(bytes))
            .map_err(|e| ModelError::Compute(format!("读取词向量失败：{e}")))?;
        Ok(read_row(self.dtype, bytes, out)?)
    }
}

/// The tensors of an open file, read one after the other.
pub struct Tensors<'a> {
    content: &'a Content,
    file: &'a mut GgufFile,
    bytes: Vec<u8>,
}

impl<'a> Tensors<'a> {
    pub fn new(content: &'a Content, file: &'a mut GgufFile) -> Self {
        Self { content, file, bytes: vec![] }
    }

    /// A table of rows looked up one by one, and their width.
    pub fn embedding(&self, name: &str) -> Result<(Embedding, usize), ModelError> {
        let info =
            self.content.tensor_infos.get(name).ok_or_else(|| ModelError::Compute(format!("缺少张量 {name}")))?;
        let (vocabulary, width) = info.shape.dims2()?;
        let offset = self.content.tensor_data_offset + info.offset;
        Ok((Embedding { dtype: info.ggml_dtype, offset, vocabulary }, width))
    }

    pub fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Type, shape and bytes. `GgufFile::open` has checked that the bytes are there.
    fn raw(&mut self, name: &str) -> Result<(GgmlDType, Vec<usize>, &[u8]), ModelError> {
        let info =
            self.content.tensor_infos.get(name).ok_or_else(|| ModelError::Compute(format!("缺少张量 {name}")))?;
        let size = info.shape.elem_count() / info.ggml_dtype.block_size() * info.ggml_dtype.type_size();
        let read = |file: &mut GgufFile, bytes: &mut Vec<u8>| -> std::io::Result<()> {
            file.seek(SeekFrom::Start(self.content.tensor_data_offset + info.offset))?;
            bytes.resize(size, 0);
            file.read_exact(bytes)
        };
        read(self.file, &mut self.bytes).map_err(|e| ModelError::Compute(format!("张量 {name}：{e}")))?;
        Ok((info.ggml_dtype, info.shape.dims().to_vec(), &self.bytes))
    }

    /// The matrices of `counts` rows that stand one below the other in a tensor.
    pub fn stacked<const N: usize>(
        &mut self,
        name: &str,
        counts: [Option<usize>; N],
    ) -> Result<[PackedWeights; N], ModelError> {
        let (dtype, shape, bytes) = self.raw(name)?;
        let [rows, k] = shape[..] else { return Err(ModelError::Compute(format!("张量 {name} 不是矩阵"))) };
        let size = row_bytes(dtype, k)?;
        let mut parts = Vec::with_capacity(N);
        let mut start = 0;
        for count in counts {
            // `None`: an equal share.
            let count = count.unwrap_or(rows / N);
            let part = bytes.get(start * size..(start + count) * size);
            let part = part.ok_or_else(|| ModelError::Compute(format!("张量 {name} 的形状与元数据不符")))?;
            parts.push(PackedWeights::pack(dtype, part, count, k)?);
            start += count;
        }
        if start != rows {
            return Err(ModelError::Compute(format!("张量 {name} 的形状与元数据不符")));
        }
        parts.try_into().map_err(|_| ModelError::Compute(format!("张量 {name} 有误")))
    }

    /// A matrix of `rows` rows, or of as many as it has.
    pub fn packed(&mut self, name: &str, rows: Option<usize>) -> Result<PackedWeights, ModelError> {
        self.stacked(name, [rows]).map(|[whole]| whole)
    }

    /// A vector of `n` floats.
    pub fn floats(&mut self, name: &str, n: usize) -> Result<Vec<f32>, ModelError> {
        let (dtype, shape, bytes) = self.raw(name)?;
        if shape.iter().product::<usize>() != n {
            return Err(ModelError::Compute(format!("张量 {name} 的长度与元数据不符")));
        }
        let cpu = candle_core::Device::Cpu;
        Ok(qtensor_from_ggml(dtype, bytes, vec![n], &cpu)?.dequantize(&cpu)?.to_vec1()?)
    }

    pub fn optional(&mut self, name: &str, n: usize) -> Result<Option<Vec<f32>>, ModelError> {
        if self.has(name) { self.floats(name, n).map(Some) } else { Ok(None) }
    }
}
