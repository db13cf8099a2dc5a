//! What `super()` makes: where the search for an attribute goes on, and for whom. The search itself is `interp`'s.

use super::cycles::Tracer;
use super::{Class, NativeData, Ref, Value};

/// `super(class, object)`
pub struct Super {
    /// The search begins after this class (`__thisclass__`).
    pub class: Ref<Class>,
    /// The instance, or the class in a class method (`__self__`); `Missing` in `super(class)`.
    pub object: Value,
    /// Whose resolution order is searched (`__self_class__`).
    pub object_class: Ref<Class>,
}

impl NativeData for Super {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.object(&self.class);
        tracer.object(&self.object_class);
        tracer.value(&self.object);
    }
}
