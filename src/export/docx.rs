use crate::domain::document::compose::Composed;
pub fn write(_: &Composed, _: &super::Label) -> Result<Vec<u8>, std::io::Error> {
    Ok(vec![])
}
