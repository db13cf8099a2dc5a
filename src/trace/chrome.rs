//! The trace format of Chrome and Perfetto: JSON with one lane (a thread) a task, slices for its life and its steps, marks for
//! what it waits for, arrows (flows) for who made, woke or cancelled it. Times are microseconds.

use std::fmt::Write;

use super::record::{Arrow, Ended, Kind, Lane, Record};
use crate::event::Nanos;
use crate::report::json::string;

/// The whole document.
pub fn render(record: &Record, program: &str) -> String {
    let mut out = String::from("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
    let mut writer = Writer { out: &mut out, first: true };
    writer.event("process_name", 'M', 0, None, &[("name", program)], "");
    for (i, lane) in record.lanes.iter().enumerate() {
        writer.lane(record, i, lane);
    }
    for (id, arrow) in record.arrows.iter().enumerate() {
        writer.arrow(id, arrow);
    }
    out.push_str("\n]}\n");
    out
}

struct Writer<'a> {
    out: &'a mut String,
    first: bool,
}

impl Writer<'_> {
    /// One event; `more` is what stands beside the common members.
    fn event(&mut self, name: &str, phase: char, lane: usize, at: Option<Nanos>, args: &[(&str, &str)], more: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push_str(",\n");
        }
        self.out.push_str("{\"name\":");
        string(self.out, name);
        // Writing to a `String` cannot fail.
        let _ = write!(self.out, ",\"ph\":\"{phase}\",\"pid\":1,\"tid\":{lane}");
        if let Some(at) = at {
            let _ = write!(self.out, ",\"ts\":{}", micros(at));
        }
        self.out.push_str(more);
        if !args.is_empty() {
            self.out.push_str(",\"args\":{");
            for (i, (name, value)) in args.iter().enumerate() {
                if i > 0 {
                    self.out.push(',');
                }
                string(self.out, name);
                self.out.push(':');
                string(self.out, value);
            }
            self.out.push('}');
        }
        self.out.push('}');
    }

    fn lane(&mut self, record: &Record, i: usize, lane: &Lane) {
        let tid = i + 1;
        self.event("thread_name", 'M', tid, None, &[("name", &lane.title())], "");
        let duration = |from: Nanos, to: Nanos| format!(",\"dur\":{}", micros(to.since(from)));
        let how = match &lane.end {
            Some((_, Ended::Returned)) => "done".to_owned(),
            Some((_, Ended::Failed(name))) => format!("failed: {name}"),
            Some((_, Ended::Cancelled)) => "cancelled".to_owned(),
            None => "not done".to_owned(),
        };
        let life = duration(lane.created, lane.until(record));
        self.event(
            &lane.coroutine,
            'X',
            tid,
            Some(lane.created),
            &[("end", &how)],
            &format!(",\"cat\":\"task\"{life}"),
        );
        for run in &lane.runs {
            let more = format!(",\"cat\":\"run\"{}", duration(run.from, run.to));
            self.event("runs", 'X', tid, Some(run.from), &[], &more);
        }
        for (at, what) in &lane.waits {
            self.event(&format!("waits for {what}"), 'i', tid, Some(*at), &[], ",\"cat\":\"wait\",\"s\":\"t\"");
        }
        if let Some((at, _)) = &lane.end {
            self.event(&how, 'i', tid, Some(*at), &[], ",\"cat\":\"end\",\"s\":\"t\"");
        }
    }

    fn arrow(&mut self, id: usize, arrow: &Arrow) {
        let name = match arrow.kind {
            Kind::Created => "creates",
            Kind::Woke => "wakes",
            Kind::Cancelled => "cancels",
        };
        let Some(from) = arrow.from else {
            if arrow.kind == Kind::Cancelled {
                self.event("cancelled", 'i', arrow.to + 1, Some(arrow.at), &[], ",\"cat\":\"cancel\",\"s\":\"t\"");
            }
            return;
        };
        self.event(name, 's', from + 1, Some(arrow.at), &[], &format!(",\"cat\":\"flow\",\"id\":{id}"));
        self.event(
            name,
            'f',
            arrow.to + 1,
            Some(arrow.at),
            &[],
            &format!(",\"cat\":\"flow\",\"id\":{id},\"bp\":\"e\""),
        );
    }
}

/// Microseconds with the nanoseconds behind the point.
fn micros(at: Nanos) -> String {
    format!("{}.{:03}", at.0 / 1000, at.0 % 1000)
}
