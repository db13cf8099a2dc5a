//! Several sources as one for miette, whose reports have one source each: every file takes a range of a global offset
//! space, and a span that crosses files is out of bounds, so that their snippets stay apart.

use std::rc::Rc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::source::{Source, Span};

/// The files of one report.
#[derive(Default)]
pub struct Files {
    /// Each with its first global offset, ascending.
    list: Vec<(usize, Rc<Source>)>,
    end: usize,
}

// Reports are rendered on the thread that made them; miette asks for the bounds all the same, so the texts are copied.
pub struct Shared {
    list: Vec<(usize, String, String)>,
}

impl Files {
    /// The global span of a place; its file is added when it is new.
    pub fn place(&mut self, source: &Rc<Source>, span: Span) -> SourceSpan {
        let known = self.list.iter().find(|(_, known)| Rc::ptr_eq(known, source)).map(|(start, _)| *start);
        let start = known.unwrap_or_else(|| {
            let start = self.end;
            // One offset more than the text, so that an empty span at its end still belongs to it.
            self.end += source.text.len() + 1;
            self.list.push((start, source.clone()));
            start
        });
        let length = (span.end.max(span.start) - span.start) as usize;
        SourceSpan::from((start + span.start as usize, length))
    }

    pub fn share(&self) -> Shared {
        let copy = |(start, source): &(usize, Rc<Source>)| (*start, source.name.clone(), source.text.clone());
        Shared { list: self.list.iter().map(copy).collect() }
    }
}

impl SourceCode for Shared {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let at = self.list.partition_point(|(start, _, _)| *start <= span.offset());
        let (start, name, text) = self.list.get(at.wrapping_sub(1)).ok_or(MietteError::OutOfBounds)?;
        let local = SourceSpan::from((span.offset() - start, span.len()));
        if local.offset() + local.len() > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let found = text.as_str().read_span(&local, before, after)?;
        let shown = SourceSpan::from((found.span().offset() + start, found.span().len()));
        Ok(Box::new(MietteSpanContents::new_named(
            name.clone(),
            found.data(),
            shown,
            found.line(),
            found.column(),
            found.line_count(),
        )))
    }
}
