//! Documents that a step produces, put into the file together with it.

use jiff::civil::Date;

use super::Asking;
use crate::domain::dossier::Dossier;
use crate::domain::procedure::{Row, Step};
use crate::error::Result;
use crate::flow::Flow;

impl Flow {
    pub(super) async fn products(
        &self,
        _dossier: &mut Dossier,
        _row: &'static Row,
        _step: &Step,
        _ask: &Asking,
        _day: Date,
    ) -> Result<()> {
        Ok(())
    }
}
