//! The figures of a run as JSON: seconds, KiB, bytes and nanoseconds, unrounded.

use crate::process::Medians;

/// What was measured so far. Names are those of files and functions of this repository: nothing to escape.
#[derive(Default)]
pub struct Record {
    programs: Vec<String>,
    memory: Vec<String>,
    scaling: Vec<String>,
}

impl Record {
    /// A program's medians.
    pub fn program(&mut self, name: &str, aio: &Medians, python: Option<&Medians>) {
        let medians =
            |m: &Medians| format!(r#"{{"cpu_s": {}, "wall_s": {}, "peak_kib": {}}}"#, m.cpu, m.wall, m.memory);
        let python = python.map_or("null".into(), medians);
        self.programs.push(format!(r#"{{"name": "{name}", "aio": {}, "python": {python}}}"#, medians(aio)));
    }

    /// The bytes that one thing weighs.
    pub fn weight(&mut self, name: &str, thing: &str, aio: u64, python: Option<u64>) {
        let python = python.map_or("null".into(), |bytes| bytes.to_string());
        self.memory.push(format!(r#"{{"name": "{name}", "bytes_per": "{thing}", "aio": {aio}, "python": {python}}}"#));
    }

    /// Nanoseconds per item at each size; none where that took too long.
    pub fn scaling(&mut self, item: &str, costs: &[Option<f64>]) {
        let costs: Vec<String> = costs.iter().map(|cost| cost.map_or("null".into(), |ns| ns.to_string())).collect();
        self.scaling.push(format!(r#"{{"item": "{item}", "ns": [{}]}}"#, costs.join(", ")));
    }

    pub fn json(&self) -> String {
        let list = |rows: &[String]| match rows {
            [] => "[]".to_string(),
            rows => format!("[\n    {}\n  ]", rows.join(",\n    ")),
        };
        let (programs, memory, scaling) = (list(&self.programs), list(&self.memory), list(&self.scaling));
        format!("{{\n  \"programs\": {programs},\n  \"memory\": {memory},\n  \"scaling\": {scaling}\n}}\n")
    }
}
