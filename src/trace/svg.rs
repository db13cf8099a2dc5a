//! A timeline as a picture for documents: seconds on the axis, one row a task. States differ in shape and shade, not in colour
//! alone.

use std::fmt::Write;

use super::axis;
use super::record::{Arrow, Ended, Kind, Lane, Record, in_a_line};
use crate::event::Nanos;
use crate::report::width;

const ROW: f64 = 28.0;
const BAR: f64 = 14.0;
const WIDTH: f64 = 720.0;
const TOP: f64 = 34.0;
/// A column of the labels' letters.
const LETTER: f64 = 7.3;
/// The least that a step is drawn, so that it is seen.
const LEAST: f64 = 2.0;
/// The room right of the rows, for the last number of the axis.
const LEAST_MARGIN: f64 = 110.0;
/// A picture shows no more tasks.
const MOST: usize = 200;

/// The whole picture.
pub fn render(record: &Record) -> String {
    let lanes = &record.lanes[..record.lanes.len().min(MOST)];
    let label = lanes.iter().map(|lane| width::of(&lane.title())).max().unwrap_or(0) as f64 * LETTER + 24.0;
    let picture = Picture { record, label, rows: lanes.len() };
    let height = TOP + ROW * lanes.len() as f64 + 44.0;
    let errors = lanes.iter().filter_map(|lane| match &lane.end {
        Some((_, Ended::Failed(name))) => Some(width::of(name) as f64 * LETTER + 20.0),
        _ => None,
    });
    let whole = label + WIDTH + errors.fold(LEAST_MARGIN, f64::max);
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole:.0} {height:.0}\" width=\"{whole:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', monospace\" font-size=\"12\">"
    );
    out.push_str(DEFINITIONS);
    let _ = writeln!(out, "<rect width=\"{whole:.0}\" height=\"{height:.0}\" fill=\"#fff\"/>");
    picture.axis(&mut out);
    for (i, lane) in lanes.iter().enumerate() {
        picture.lane(&mut out, i, lane);
    }
    for arrow in &record.arrows {
        picture.arrow(&mut out, arrow);
    }
    let hidden = record.lanes.len() - lanes.len();
    if hidden > 0 {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#4a5560\">and {hidden} tasks more</text>",
            label + WIDTH + 8.0,
            height - 30.0
        );
    }
    picture.legend(&mut out, height - 14.0);
    out.push_str("</svg>\n");
    out
}

const DEFINITIONS: &str = "\
<defs>
<pattern id=\"wait\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<rect width=\"5\" height=\"5\" fill=\"#eef2f6\"/><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\" stroke=\"#b4c2d0\" stroke-width=\"1.4\"/></pattern>
<marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"6\" markerHeight=\"6\" orient=\"auto\">\
<path d=\"M0 0 L8 4 L0 8 z\" fill=\"#6b7785\"/></marker>
<marker id=\"cut\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
<path d=\"M0 0 L8 4 L0 8 z\" fill=\"#b3261e\"/></marker>
</defs>
";

struct Picture<'a> {
    record: &'a Record,
    label: f64,
    rows: usize,
}

impl Picture<'_> {
    fn x(&self, at: Nanos) -> f64 {
        let span = self.record.span();
        self.label + WIDTH * at.since(span.from).0 as f64 / span.to.since(span.from).0.max(1) as f64
    }

    fn y(&self, lane: usize) -> f64 {
        TOP + ROW * lane as f64 + ROW / 2.0
    }

    fn axis(&self, out: &mut String) {
        let bottom = TOP + ROW * self.rows as f64;
        for tick in axis::ticks(self.record.span(), 8) {
            let x = self.x(tick.at);
            let _ =
                writeln!(out, "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#d9e0e7\"/>");
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"22\" text-anchor=\"middle\" fill=\"#4a5560\">{}</text>",
                tick.label
            );
        }
    }

    fn lane(&self, out: &mut String, i: usize, lane: &Lane) {
        let (y, left) = (self.y(i), self.x(lane.created));
        let right = self.x(lane.until(self.record));
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#1c2329\">{}</text>",
            self.label - 12.0,
            y + 4.0,
            escaped(&lane.title())
        );
        let top = y - BAR / 2.0;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"url(#wait)\" stroke=\"#8fa1b3\" stroke-width=\"0.8\"/>",
            (right - left).max(LEAST)
        );
        for run in &lane.runs {
            let (from, to) = (self.x(run.from), self.x(run.to));
            let _ = writeln!(
                out,
                "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"#1f5fa8\"/>",
                from - LEAST / 2.0,
                (to - from).max(LEAST)
            );
        }
        for (at, what) in &lane.waits {
            let x = self.x(*at);
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"4\" height=\"{BAR}\" fill=\"transparent\"><title>waits for {}</title></rect>",
                escaped(what)
            );
        }
        self.end(out, lane, right, y);
    }

    fn end(&self, out: &mut String, lane: &Lane, x: f64, y: f64) {
        match &lane.end {
            Some((_, ended)) => mark(out, ended, x, y),
            None => return,
        }
        if let Some((_, Ended::Failed(name))) = &lane.end {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#b3261e\">{}</text>",
                x + 11.0,
                y + 4.0,
                escaped(name)
            );
        }
    }

    /// From task to task; an arrow within one row says nothing.
    fn arrow(&self, out: &mut String, arrow: &Arrow) {
        let (x, to) = (self.x(arrow.at), arrow.to);
        let Some(from) = arrow.from else {
            if arrow.kind == Kind::Cancelled && to < self.rows {
                clock(out, x, self.y(to) - BAR / 2.0);
            }
            return;
        };
        if from == to || from.max(to) >= self.rows {
            return;
        }
        let towards = if to > from { 1.0 } else { -1.0 };
        let (start, end) = (self.y(from) + towards * BAR / 2.0, self.y(to) - towards * BAR / 2.0);
        let style = match arrow.kind {
            Kind::Cancelled => {
                "stroke=\"#b3261e\" stroke-width=\"1.6\" stroke-dasharray=\"4 2\" marker-end=\"url(#cut)\""
            }
            Kind::Woke => "stroke=\"#6b7785\" marker-end=\"url(#tip)\"",
            Kind::Created => "stroke=\"#6b7785\" stroke-dasharray=\"1 2\" marker-end=\"url(#tip)\"",
        };
        // Cancellations and wake-ups of one moment stand side by side.
        let x = if arrow.kind == Kind::Cancelled { x - 4.0 } else { x };
        let _ = writeln!(out, "<line x1=\"{x:.1}\" y1=\"{start:.1}\" x2=\"{x:.1}\" y2=\"{end:.1}\" {style}/>");
    }

    fn legend(&self, out: &mut String, y: f64) {
        let mut x = self.label;
        let mut entry = |out: &mut String, shape: &dyn Fn(&mut String, f64), text: &str| {
            shape(out, x);
            let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#4a5560\">{text}</text>", x + 18.0, y + 4.0);
            x += 30.0 + text.len() as f64 * LETTER;
        };
        let bar = |fill: &'static str| {
            move |out: &mut String, x: f64| {
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"14\" height=\"{BAR}\" fill=\"{fill}\" stroke=\"#8fa1b3\" stroke-width=\"0.8\"/>",
                    x - 2.0,
                    y - BAR / 2.0
                );
            }
        };
        entry(out, &bar("#1f5fa8"), "runs");
        entry(out, &bar("url(#wait)"), "waits");
        entry(out, &|out, x| mark(out, &Ended::Returned, x + 5.0, y), "done");
        entry(out, &|out, x| mark(out, &Ended::Failed(String::new()), x + 5.0, y), "failed");
        entry(out, &|out, x| mark(out, &Ended::Cancelled, x + 5.0, y), "cancelled");
        let line = |style: &'static str| {
            move |out: &mut String, x: f64| {
                let _ =
                    writeln!(out, "<line x1=\"{:.1}\" y1=\"{y}\" x2=\"{:.1}\" y2=\"{y}\" {style}/>", x - 4.0, x + 13.0);
            }
        };
        entry(out, &line("stroke=\"#6b7785\" stroke-dasharray=\"1 2\" marker-end=\"url(#tip)\""), "creates");
        entry(out, &line("stroke=\"#6b7785\" marker-end=\"url(#tip)\""), "wakes");
        entry(
            out,
            &line("stroke=\"#b3261e\" stroke-width=\"1.6\" stroke-dasharray=\"4 2\" marker-end=\"url(#cut)\""),
            "cancels",
        );
        entry(out, &|out, x| clock(out, x + 15.0, y + 3.0), "by timer or loop");
    }
}

/// A cancellation that no task asked for: a clock between the rows, and an arrow to the bar's upper edge.
fn clock(out: &mut String, x: f64, top: f64) {
    let (centre, middle) = (x - 15.0, top - 7.0);
    let _ = writeln!(
        out,
        "<circle cx=\"{centre:.1}\" cy=\"{middle:.1}\" r=\"4.5\" fill=\"#fff\" stroke=\"#b3261e\" stroke-width=\"1.2\"/>\
         <path d=\"M{centre:.1} {:.1} v3 h2.5\" fill=\"none\" stroke=\"#b3261e\"/>\
         <line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{top:.1}\" stroke=\"#b3261e\" stroke-width=\"1.6\" marker-end=\"url(#cut)\"/>",
        middle - 3.0,
        centre + 4.5,
        middle + 1.5,
    );
}

/// The shape at the end of a task.
fn mark(out: &mut String, ended: &Ended, x: f64, y: f64) {
    let _ = match ended {
        Ended::Returned => {
            writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5.5\" fill=\"#2e7d32\" stroke=\"#fff\"/>")
        }
        Ended::Failed(_) => writeln!(
            out,
            "<path d=\"M{:.1} {:.1} l10 10 m0 -10 l-10 10\" stroke=\"#b3261e\" stroke-width=\"3\" fill=\"none\"/>",
            x - 5.0,
            y - 5.0
        ),
        Ended::Cancelled => writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5.5\" fill=\"#fff\" stroke=\"#b36b00\" stroke-width=\"2\"/>\
             <line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#b36b00\" stroke-width=\"2\"/>",
            x - 3.8,
            y + 3.8,
            x + 3.8,
            y - 3.8
        ),
    };
}

fn escaped(text: &str) -> String {
    in_a_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
