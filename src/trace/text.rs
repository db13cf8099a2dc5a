//! A timeline for a terminal: seconds on the axis, one row a task. What a task does is told by letters, so that it needs
//! no colours.

use super::axis;
use super::record::{Ended, Lane, Record};
use crate::event::Nanos;
use crate::report::width;

const RUNNING: char = '█';
const WAITING: char = '─';

/// The widest that names of tasks are shown.
const LABEL: usize = 32;

/// How many tasks a terminal shows.
const MOST: usize = 200;

/// The timeline in so many columns.
pub fn draw(record: &Record, columns: usize, colours: bool) -> String {
    if record.lanes.is_empty() {
        return "no tasks\n".to_owned();
    }
    let titles: Vec<String> = record.lanes.iter().take(MOST).map(|lane| cut(&lane.title(), LABEL)).collect();
    let label = titles.iter().map(|title| width::of(title)).max().unwrap_or(0);
    let room = columns.saturating_sub(label + 3).max(20);
    let scale = Scale { from: record.span().from, length: record.span().to.since(record.span().from), room };
    let mut out = axis_line(record, &scale, label);
    for (lane, title) in record.lanes.iter().zip(&titles) {
        let pad = " ".repeat(label - width::of(title));
        out.push_str(&format!("{title}{pad}  {}\n", row(lane, record, &scale, colours)));
    }
    if record.lanes.len() > MOST {
        out.push_str(&format!("and {} tasks more\n", record.lanes.len() - MOST));
    }
    out.push_str(&format!("{RUNNING} runs  {WAITING} waits  ● done  ✗ failed  ○ cancelled\n"));
    out
}

struct Scale {
    from: Nanos,
    length: Nanos,
    room: usize,
}

impl Scale {
    /// The column of a moment.
    fn column(&self, at: Nanos) -> usize {
        let share = at.since(self.from).0 as f64 / self.length.0.max(1) as f64;
        ((share * (self.room - 1) as f64).round() as usize).min(self.room - 1)
    }
}

fn cut(text: &str, most: usize) -> String {
    if width::of(text) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if width::of(&out) + 2 >= most {
            break;
        }
        out.push(c);
    }
    out + "…"
}

fn axis_line(record: &Record, scale: &Scale, label: usize) -> String {
    let mut line: Vec<char> = vec![' '; scale.room + 12];
    let mut free = 0;
    for tick in axis::ticks(record.span(), scale.room / 10) {
        let column = scale.column(tick.at);
        if column < free {
            continue;
        }
        for (i, c) in tick.label.chars().enumerate() {
            line[column + i] = c;
        }
        free = column + tick.label.chars().count() + 1;
    }
    format!("{}  {}\n", " ".repeat(label), line.into_iter().collect::<String>().trim_end())
}

fn row(lane: &Lane, record: &Record, scale: &Scale, colours: bool) -> String {
    let mut cells = vec![' '; scale.room];
    let (first, last) = (scale.column(lane.created), scale.column(lane.until(record)));
    cells[first..=last].fill(WAITING);
    for run in &lane.runs {
        cells[scale.column(run.from)..=scale.column(run.to)].fill(RUNNING);
    }
    let (mark, colour) = match &lane.end {
        Some((_, Ended::Returned)) => ('●', "32"),
        Some((_, Ended::Failed(_))) => ('✗', "31"),
        Some((_, Ended::Cancelled)) => ('○', "33"),
        None => (cells[last], "0"),
    };
    cells[last] = mark;
    let mut text: String = cells.into_iter().collect::<String>().trim_end().to_owned();
    if let Some((_, Ended::Failed(name))) = &lane.end {
        text.push_str(&format!(" {name}"));
    }
    if !colours {
        return text;
    }
    let paint = |text: &str, colour: &str| format!("\x1b[{colour}m{text}\x1b[0m");
    text.replace(mark, &paint(&mark.to_string(), colour)).replace(RUNNING, &paint("█", "36"))
}
