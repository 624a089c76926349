//! Cases: whole procedures played in the domain, the audit, every guard, the periods of the course.

mod checks;
mod deadlines;
mod guards;
pub(crate) mod play;
pub(crate) mod scripts;
mod spot;
