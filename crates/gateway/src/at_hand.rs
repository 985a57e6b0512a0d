//! Records for work of the gateway's own that reads many: from its copies, as of one moment or later.

use bytes::Bytes;
use rapporteur_records::Sight;
use rapporteur_views::copies::{Copied, FRAME_HEAD, Kind};

use crate::routes;

/// The records of all services as they were at some moment or later, for one reader.
#[derive(Debug)]
pub struct AtHand {
    sight: Sight,
    /// In the order of [`ROUTES`]; `None` where the copies did not come so far in time.
    services: Vec<Option<(Copied, u64)>>,
}

impl AtHand {
    /// What a reader with this sight is shown of these copies, while they are of these generations.
    pub fn new(sight: Sight, services: Vec<Option<(Copied, u64)>>) -> Self {
        Self { sight, services }
    }

    /// The bytes of a record. `None`: that is not known here, its service has to be asked. `Some(None)`: there was no
    /// such record for this reader.
    pub fn get(&self, type_name: &str, name: &str) -> Option<Option<Bytes>> {
        let service = self.services.get(routes::of_type(type_name)?)?;
        let (copied, generation) = service.as_ref()?;
        let found = copied.look(*generation, &self.sight, Kind::of(type_name)?, name)?;
        Some(found.map(|frame| frame.slice(FRAME_HEAD..)))
    }
}
