//! Several sources as one for miette, whose reports have one source each: every file takes a range of a global offset
//! space, and a span that crosses files is out of bounds, so that their snippets stay apart.

use std::rc::Rc;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

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
    list: Vec<Text>,
}

/// One file as it is shown.
struct Text {
    /// Its first global offset.
    start: usize,
    name: String,
    text: String,
    /// Where lines begin that were cut at their front, and how many letters are missing there.
    cuts: Vec<(usize, usize)>,
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

    /// The texts, with lines that no terminal of this width shows cut round their labels, and the labels moved along.
    pub fn share(&self, labels: Vec<LabeledSpan>, width: usize) -> (Shared, Vec<LabeledSpan>) {
        let mut list = Vec::new();
        let mut moved: Vec<Option<LabeledSpan>> = labels.iter().cloned().map(Some).collect();
        let mut end = 0;
        for (at, (start, source)) in self.list.iter().enumerate() {
            let next = self.list.get(at + 1).map_or(self.end, |(next, _)| *next);
            let own: Vec<usize> = (0..labels.len()).filter(|&i| (*start..next).contains(&labels[i].offset())).collect();
            let places: Vec<(usize, usize)> = own
                .iter()
                .map(|&i| (labels[i].offset() - start, labels[i].offset() - start + labels[i].len()))
                .collect();
            let (mut text, places, cuts) = shortened(&source.text, &places, width);
            // What is wrong may be that the text ends: behind its last line there is room for a label.
            if !text.ends_with('\n') {
                text.push('\n');
            }
            for (&i, (from, to)) in own.iter().zip(places) {
                let span = SourceSpan::from((end + from, to - from));
                let text = labels[i].label().map(str::to_owned);
                moved[i] = Some(if labels[i].primary() {
                    LabeledSpan::new_primary_with_span(text, span)
                } else {
                    LabeledSpan::new_with_span(text, span)
                });
            }
            let length = text.len();
            list.push(Text { start: end, name: source.name.clone(), text, cuts });
            end += length + 1;
        }
        (Shared { list }, moved.into_iter().flatten().collect())
    }
}

/// A line: where it began, where it begins now, and what is left of it, if it was cut.
type Line = (usize, usize, Option<(usize, usize)>);

/// What became of a text: the text, the places in it, and for each line that was cut at its front where it begins and how
/// many letters are missing there.
type Shortened = (String, Vec<(usize, usize)>, Vec<(usize, usize)>);

/// A text with its longest lines cut, and places in it. Lines keep their numbers.
fn shortened(text: &str, places: &[(usize, usize)], width: usize) -> Shortened {
    // A line may wrap once; of a longer one so much is left before its first label, and so much in all.
    let (longest, before, left) = (2 * width, width / 4, width.saturating_sub(14).max(20));
    if text.len() <= longest || text.split('\n').all(|line| line.len() <= longest) {
        return (text.to_owned(), places.to_vec(), Vec::new());
    }
    let mut cuts = Vec::new();
    let mut out = String::new();
    let mut lines: Vec<Line> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']).len();
        let (mut from, mut to) = (0, bare);
        if bare > longest {
            let first = places.iter().map(|place| place.0).filter(|place| (at..at + bare).contains(place)).min();
            from = floor(line, first.map_or(0, |first| (first - at).saturating_sub(before)));
            to = floor(line, (from + left).min(bare));
        }
        let dots = |cut: bool| if cut { "…" } else { "" };
        if from > 0 {
            // The dots stand for one of them.
            cuts.push((out.len(), line[..from].chars().count() - 1));
        }
        out.push_str(dots(from > 0));
        lines.push((at, out.len(), (bare > longest).then_some((from, to))));
        out.push_str(&line[from..to]);
        out.push_str(dots(to < bare));
        out.push_str(&line[bare..]);
        at += line.len();
    }
    let moved = |place: usize| {
        let (old, new, cut) = lines[lines.partition_point(|line| line.0 <= place).saturating_sub(1)];
        let inside = cut.map_or(place - old, |(from, to)| (place - old).clamp(from, to) - from);
        (new + inside).min(out.len())
    };
    let places = places.iter().map(|&(start, end)| (moved(start), moved(end).max(moved(start)))).collect();
    (out, places, cuts)
}

/// The nearest place at or before this that is no middle of a character.
fn floor(line: &str, mut at: usize) -> usize {
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl SourceCode for Shared {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let at = self.list.partition_point(|file| file.start <= span.offset());
        let file = self.list.get(at.wrapping_sub(1)).ok_or(MietteError::OutOfBounds)?;
        let local = SourceSpan::from((span.offset() - file.start, span.len()));
        if local.offset() + local.len() > file.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let found = file.text.as_str().read_span(&local, before, after)?;
        let shown = SourceSpan::from((found.span().offset() + file.start, found.span().len()));
        let mut column = found.column();
        if before == 0 && after == 0 {
            // Asked for a place without lines round it, it is the place that is printed: in letters, where miette has bytes.
            let line_start = file.text[..local.offset()].rfind('\n').map_or(0, |at| at + 1);
            let cut = file.cuts.iter().find(|(start, _)| *start == line_start).map_or(0, |(_, missing)| *missing);
            column = file.text[line_start..local.offset()].chars().count() + cut;
        }
        Ok(Box::new(MietteSpanContents::new_named(
            file.name.clone(),
            found.data(),
            shown,
            found.line(),
            column,
            found.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_round_their_places() {
        let text = format!("a = 1\n{}x + 1{}\nlast\n", "é".repeat(5_000), "z".repeat(5_000));
        let at = text.find("x + 1").expect("it stands there");
        let last = text.find("last").expect("it stands there");
        let (cut, places, cuts) = shortened(&text, &[(0, 1), (at, at + 5), (last, last + 4)], 100);
        assert_eq!(cuts, [(6, 4_986)]);
        assert!(cut.len() < 400 && cut.lines().count() == 3);
        let shown: Vec<&str> = places.iter().map(|&(from, to)| &cut[from..to]).collect();
        assert_eq!(shown, ["a", "x + 1", "last"]);
        let (cut, places, _) = shortened(&text, &[(at, text.len())], 100);
        assert!(cut[places[0].0..places[0].1].starts_with("x + 1zzz"));
    }

    #[test]
    fn short_texts_stay() {
        let same = ("x = 1\n".to_owned(), vec![(0, 1), (6, 6)], Vec::new());
        assert_eq!(shortened("x = 1\n", &[(0, 1), (6, 6)], 80), same);
    }
}
