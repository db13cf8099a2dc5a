//! What happened to the tasks of a run, as data: a lane for each, what it waited for, and who woke or cancelled whom. Filled
//! by watching the loop; drawn by the other files here.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::event::Nanos;
use crate::object::future::Task;
use crate::object::{Native, Value, Vm};
use crate::tasks::observer::{End, Event, Observer, title};
use crate::tasks::outline;

/// How a task ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    Returned,
    /// With this exception.
    Failed(String),
    Cancelled,
}

/// A time from one event to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    pub from: Nanos,
    pub to: Nanos,
}

/// One task.
#[derive(Clone, Debug)]
pub struct Lane {
    /// `Task-2`
    pub name: String,
    /// `fetch()`
    pub coroutine: String,
    pub created: Nanos,
    /// When it ended, and how; None: it did not.
    pub end: Option<(Nanos, Ended)>,
    /// Its steps.
    pub runs: Vec<Stretch>,
    /// From when it waited, and for what.
    pub waits: Vec<(Nanos, String)>,
    /// When the step that runs began.
    running: Option<Nanos>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Created,
    Woke,
    Cancelled,
}

/// What one task did to another.
#[derive(Clone, Copy, Debug)]
pub struct Arrow {
    pub kind: Kind,
    /// None: a timer, or the outside.
    pub from: Option<usize>,
    pub to: usize,
    pub at: Nanos,
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// In order of creation.
    pub lanes: Vec<Lane>,
    pub arrows: Vec<Arrow>,
    /// The last moment that anything happened.
    pub end: Nanos,
}

/// Watches a loop and keeps what it sees.
#[derive(Default)]
pub struct Recorder {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    record: Record,
    /// The lane of each task that is not done, by its address.
    lanes: FxHashMap<usize, usize>,
}

/// A run with more than this is cut: no picture shows it.
const MOST_LANES: usize = 100_000;

/// How the loop's own coroutines are called.
const OF_THE_LOOP: &str = "BaseEventLoop.";

impl Recorder {
    pub fn take(&self) -> Record {
        std::mem::take(&mut self.state.borrow_mut().record)
    }
}

impl Observer for Recorder {
    fn saw(&self, vm: &Vm, at: Nanos, task: &Native, event: Event, by: Option<&Native>) {
        // Texts first: the record is borrowed by nobody while names are asked for.
        let told = Told::of(vm, task, &event);
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        state.record.end = state.record.end.max(at);
        if let Event::Created = event {
            state.create(at, task, told, by);
            return;
        }
        let Some(&lane) = state.lanes.get(&task.address()) else { return };
        let from = by.and_then(|by| state.lanes.get(&by.address()).copied()).filter(|from| *from != lane);
        match event {
            Event::Created => {}
            Event::Resumed => state.record.lanes[lane].running = Some(at),
            Event::Suspended(waited) => {
                state.stop(lane, at);
                if waited.is_some() {
                    state.record.lanes[lane].waits.push((at, told.text));
                }
            }
            Event::Woken => state.record.arrows.push(Arrow { kind: Kind::Woke, from, to: lane, at }),
            Event::Cancelled => state.record.arrows.push(Arrow { kind: Kind::Cancelled, from, to: lane, at }),
            Event::Done(end) => {
                state.stop(lane, at);
                let ended = match end {
                    End::Returned => Ended::Returned,
                    End::Failed(_) => Ended::Failed(told.text),
                    End::Cancelled => Ended::Cancelled,
                };
                let this = &mut state.record.lanes[lane];
                // It may have been named after it was made.
                this.name = told.name;
                this.end = Some((at, ended));
            }
        }
    }
}

/// What an event says in words.
struct Told {
    name: String,
    coroutine: String,
    text: String,
}

impl Told {
    fn of(vm: &Vm, task: &Native, event: &Event) -> Told {
        let (name, coroutine) = match event {
            Event::Created | Event::Done(_) => title(vm, task),
            _ => Default::default(),
        };
        let text = match event {
            Event::Suspended(Some(waited)) => {
                let coroutine = task.get::<Task>().map_or(Value::None, |data| data.coroutine.get());
                outline::waited(waited, &coroutine)
            }
            Event::Done(End::Failed(exception)) => exception.class().name().as_str().to_owned(),
            _ => String::new(),
        };
        Told { name, coroutine, text }
    }
}

impl State {
    fn create(&mut self, at: Nanos, task: &Native, told: Told, by: Option<&Native>) {
        // The address may have been that of a task that has gone.
        self.lanes.remove(&task.address());
        // What the loop does for itself when it ends is nobody's task.
        if self.record.lanes.len() >= MOST_LANES || told.coroutine.starts_with(OF_THE_LOOP) {
            return;
        }
        let lane = self.record.lanes.len();
        let Told { name, coroutine, .. } = told;
        let (end, runs, waits, running) = (None, Vec::new(), Vec::new(), None);
        self.record.lanes.push(Lane { name, coroutine, created: at, end, runs, waits, running });
        let from = by.and_then(|by| self.lanes.get(&by.address()).copied());
        self.lanes.insert(task.address(), lane);
        self.record.arrows.push(Arrow { kind: Kind::Created, from, to: lane, at });
    }

    /// The step that runs is over.
    fn stop(&mut self, lane: usize, at: Nanos) {
        let lane = &mut self.record.lanes[lane];
        if let Some(from) = lane.running.take() {
            lane.runs.push(Stretch { from, to: at });
        }
    }
}

/// A text with its control characters spelled out: they would break a row, and are not allowed in a picture.
pub fn in_a_line(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            c.is_control().then(|| c.escape_default()).into_iter().flatten().chain((!c.is_control()).then_some(c))
        })
        .collect()
}

impl Lane {
    /// What it is called in a picture: `Task-2 fetch()`, without the parentheses' arguments.
    pub fn title(&self) -> String {
        in_a_line(&format!("{} {}", self.name, self.coroutine))
    }

    /// When it ended, or the end of the run.
    pub fn until(&self, record: &Record) -> Nanos {
        self.end.as_ref().map_or(record.end, |(at, _)| *at)
    }
}

impl Record {
    /// The first and the last moment; at least a nanosecond apart.
    pub fn span(&self) -> Stretch {
        let from = self.lanes.iter().map(|lane| lane.created).min().unwrap_or(Nanos::ZERO);
        Stretch { from, to: self.end.max(from.plus(Nanos(1))) }
    }
}
