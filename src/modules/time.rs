//! The module `time`, on the clock that the loops run by: under virtual time `sleep` takes none.

use super::ModuleSpec;
use super::struct_sequence::{instance, make_class};
use crate::event::{Nanos, pause};
use crate::intern::Symbol;
use crate::object::{Class, Fun, Module, R, Ref, Row, T, Value, Vm};
use crate::tasks::clock;
use crate::text::strftime::{self, BrokenDownTime};
use crate::text::zone;

pub static SPEC: ModuleSpec = ModuleSpec { name: "time", rows: ROWS, init: Some(init), script: None };

const ROWS: &[Row] = &[
    Row::function("time", "()", Fun::F0(|vm| Ok(seconds(clock::clock(vm).wall())))),
    Row::function("time_ns", "()", Fun::F0(|vm| Ok(Value::Int(clock::clock(vm).wall().0)))),
    Row::function("monotonic", "()", Fun::F0(|vm| Ok(seconds(clock::clock(vm).now())))),
    Row::function("monotonic_ns", "()", Fun::F0(|vm| Ok(Value::Int(clock::clock(vm).now().0)))),
    Row::function("perf_counter", "()", Fun::F0(|vm| Ok(seconds(clock::clock(vm).now())))),
    Row::function("perf_counter_ns", "()", Fun::F0(|vm| Ok(Value::Int(clock::clock(vm).now().0)))),
    Row::function("process_time", "()", Fun::F0(|_| Ok(seconds(processor_time())))),
    Row::function("process_time_ns", "()", Fun::F0(|_| Ok(Value::Int(processor_time().0)))),
    Row::function("thread_time", "()", Fun::F0(|_| Ok(seconds(processor_time())))),
    Row::function("thread_time_ns", "()", Fun::F0(|_| Ok(Value::Int(processor_time().0)))),
    Row::function("sleep", "(seconds, /)", Fun::F1(sleep)),
    Row::function("gmtime", "(seconds=None, /)", Fun::F1(gmtime)),
    Row::function("localtime", "(seconds=None, /)", Fun::F1(localtime)),
    Row::function("mktime", "(tuple, /)", Fun::F1(mktime)),
    Row::function("strftime", "(format, tuple=None, /)", Fun::F2(format_time)),
    Row::function("strptime", "(string, format=None, /)", Fun::F2(|vm, _, _| Err(vm.not_implemented("time.strptime")))),
    Row::function("asctime", "(tuple=None, /)", Fun::F1(asctime)),
    Row::function("ctime", "(seconds=None, /)", Fun::F1(ctime)),
];

const FIELDS: &[&str] = &[
    "tm_year",
    "tm_mon",
    "tm_mday",
    "tm_hour",
    "tm_min",
    "tm_sec",
    "tm_wday",
    "tm_yday",
    "tm_isdst",
    "tm_zone",
    "tm_gmtoff",
];

/// `time.struct_time`, made once a `Vm`.
struct StructTime(Ref<Class>);

fn struct_time(vm: &Vm) -> Ref<Class> {
    vm.extension(|| StructTime(make_class(vm, "time", "struct_time", &FIELDS[..9]))).0.clone()
}

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let set = |name: &'static str, value: Value| drop(module.dict.set_name(Symbol::of_static(name), value));
    set("struct_time", Value::Class(struct_time(vm)));
    let zones = zone::zones(clock::clock(vm).wall().0.div_euclid(1_000_000_000));
    set("timezone", Value::Int(zones.west[0]));
    set("altzone", Value::Int(zones.west[1]));
    set("daylight", Value::int(zones.has_daylight()));
    let [standard, daylight] = zones.names;
    set("tzname", Value::pair(Value::string(standard), Value::string(daylight)));
    Ok(())
}

fn seconds(time: Nanos) -> Value {
    Value::float(time.as_secs())
}

/// What this process has used of the processor.
fn processor_time() -> Nanos {
    super::process::processor_time()
}

/// Seconds in any number as nanoseconds.
fn duration(vm: &Vm, value: &Value) -> R<Nanos> {
    if let Some(x) = value.as_float() {
        return Nanos::from_secs(x).ok_or_else(|| vm.value_error("Invalid value NaN (not a number)"));
    }
    let whole = vm.index(value)?;
    match whole.as_i64().filter(|n| n.checked_mul(1_000_000_000).is_some()) {
        Some(n) => Ok(Nanos::secs(n)),
        None => Err(vm.overflow_error("timestamp too large to convert to C PyTime_t")),
    }
}

fn sleep(vm: &Vm, span: &Value) -> R {
    let span = duration(vm, span)?;
    if span < Nanos::ZERO {
        return Err(vm.value_error("sleep length must be non-negative"));
    }
    let interrupt = clock::interrupt(vm);
    let clock = clock::clock(vm);
    let until = clock.now().plus(span);
    loop {
        match pause(&clock, &interrupt, until.since(clock.now())) {
            Ok(true) => return Ok(Value::None),
            Ok(false) if interrupt.take_question() => {
                crate::tasks::report::dump(vm, crate::tasks::state::running_loop(vm).as_ref().and_then(|l| l.get()));
            }
            Ok(false) => {
                interrupt.take();
                return Err(vm.error(T::KeyboardInterrupt, ""));
            }
            Err(error) => return Err(vm.os_error(error)),
        }
    }
}

/// Seconds since the epoch in an argument, rounded down; now when there is none.
fn moment(vm: &Vm, value: &Value) -> R<i64> {
    let time = match value {
        Value::None | Value::Missing => clock::clock(vm).wall(),
        value if value.as_float().is_some() => match value.as_float().map(f64::floor) {
            Some(x) if x.is_nan() => return Err(vm.value_error("Invalid value NaN (not a number)")),
            Some(x) if x.abs() < 9.2e18 => return Ok(x as i64),
            _ => return Err(vm.overflow_error("timestamp out of range for platform time_t")),
        },
        value => {
            let whole = vm.index(value)?;
            return whole.as_i64().ok_or_else(|| vm.overflow_error("timestamp out of range for platform time_t"));
        }
    };
    Ok(time.0.div_euclid(1_000_000_000))
}

fn local(vm: &Vm, value: &Value) -> R<BrokenDownTime> {
    zone::local(moment(vm, value)?).ok_or_else(|| out_of_range(vm))
}

#[cold]
fn out_of_range(vm: &Vm) -> crate::object::Raised {
    vm.os_error(std::io::Error::from_raw_os_error(libc::EOVERFLOW))
}

fn as_struct(vm: &Vm, time: &BrokenDownTime) -> Value {
    let is_dst = time.is_dst.map_or(-1, i64::from);
    let small = [time.month, time.day, time.hour, time.minute, time.second, time.weekday, time.yearday];
    let mut fields = vec![Value::Int(time.year)];
    fields.extend(small.into_iter().map(Value::int));
    fields.push(Value::Int(is_dst));
    let object = instance(&struct_time(vm), fields);
    if let Value::Instance(object) = &object {
        object.set(Symbol::of_static("tm_zone"), Value::str(&time.zone));
        object.set(Symbol::of_static("tm_gmtoff"), Value::Int(time.offset));
    }
    object
}

fn gmtime(vm: &Vm, value: &Value) -> R {
    let time = BrokenDownTime::utc(moment(vm, value)?).ok_or_else(|| out_of_range(vm))?;
    Ok(as_struct(vm, &time))
}

fn localtime(vm: &Vm, value: &Value) -> R {
    local(vm, value).map(|time| as_struct(vm, &time))
}

/// The nine fields of a `struct_time` or tuple.
fn fields(vm: &Vm, value: &Value) -> R<[i64; 9]> {
    let Some(tuple) = value.as_tuple() else {
        return Err(vm.type_error("Tuple or struct_time argument required"));
    };
    if tuple.len() < 9 {
        return Err(vm.type_error("time tuple must have exactly 9 fields"));
    }
    let mut fields = [0; 9];
    for (field, item) in fields.iter_mut().zip(tuple.iter()) {
        *field = vm.index_i64(item)?;
    }
    Ok(fields)
}

/// The time in an argument, with the zone it knows of; local time now when there is none.
fn broken_down(vm: &Vm, value: &Value) -> R<BrokenDownTime> {
    if value.is_none_or_missing() {
        return local(vm, &Value::None);
    }
    let mut time = BrokenDownTime::from_fields(fields(vm, value)?).map_err(|error| vm.text_error(error))?;
    if let Value::Instance(object) = value {
        if let Some(zone) = object.get(Symbol::of_static("tm_zone")).as_ref().and_then(Value::as_str) {
            time.zone = zone.as_str().to_owned();
        }
        time.offset = object.get(Symbol::of_static("tm_gmtoff")).and_then(|v| v.as_i64()).unwrap_or(0);
    }
    Ok(time)
}

fn mktime(vm: &Vm, value: &Value) -> R {
    let [year, month, day, hour, minute, second, _, _, is_dst] = fields(vm, value)?;
    let is_dst = (is_dst >= 0).then_some(is_dst > 0);
    match zone::to_seconds([year, month, day, hour, minute, second], is_dst) {
        Some(seconds) => Ok(Value::float(seconds as f64)),
        None => Err(vm.overflow_error("mktime argument out of range")),
    }
}

fn format_time(vm: &Vm, format: &Value, time: &Value) -> R {
    let Some(format) = format.as_str() else {
        return Err(vm.type_error(format!("strftime() argument 1 must be str, not {}", vm.type_name(format))));
    };
    let time = broken_down(vm, time)?;
    Ok(Value::string(strftime::strftime(format.as_str(), &time)))
}

fn asctime(vm: &Vm, time: &Value) -> R {
    Ok(Value::string(strftime::asctime(&broken_down(vm, time)?)))
}

fn ctime(vm: &Vm, value: &Value) -> R {
    Ok(Value::string(strftime::asctime(&local(vm, value)?)))
}
