use crate::domain::document::compose::Composed;
pub fn write(c: &Composed) -> String {
    c.text()
}
