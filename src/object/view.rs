//! What `dict.keys()`, `values()` and `items()` make. Knows nothing of their methods.

use super::cycles::Tracer;
use super::iter::DictPart;
use super::{Dict, NativeData, Ref};

/// A view: shows the dict as it is at any moment.
pub struct DictView {
    pub dict: Ref<Dict>,
    pub part: DictPart,
}

impl NativeData for DictView {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.object(&self.dict);
    }
}
