//! The local time zone: broken-down local time, and seconds from it. It must not know the clock.
//!
//! The C library is asked, as CPython asks it: nothing in safe Rust tells the zone's name or whether daylight saving
//! time is in force.
//!
//! Invariants: the process never changes `TZ` after start, so the names that the C library hands out stay valid; the
//! interpreter is single-threaded.
#![allow(unsafe_code)]

use super::strftime::BrokenDownTime;
use std::ffi::CStr;

/// `time.localtime(seconds)`; None when the year is beyond C's int (an OSError with errno EOVERFLOW).
pub fn local(seconds: i64) -> Option<BrokenDownTime> {
    let mut tm = blank();
    // SAFETY: both pointers are to live locals of the types that the function takes, and it keeps neither.
    let done = unsafe { libc::localtime_r(&seconds, &mut tm) };
    if done.is_null() {
        return None;
    }
    let zone = if tm.tm_zone.is_null() {
        String::new()
    } else {
        // SAFETY: not null, and the C library points it to a zone's name that ends in NUL and outlives this call.
        unsafe { CStr::from_ptr(tm.tm_zone) }.to_string_lossy().into_owned()
    };
    Some(BrokenDownTime {
        year: i64::from(tm.tm_year) + 1900,
        month: tm.tm_mon as u32 + 1,
        day: tm.tm_mday as u32,
        hour: tm.tm_hour as u32,
        minute: tm.tm_min as u32,
        second: tm.tm_sec as u32,
        weekday: (tm.tm_wday as u32 + 6) % 7,
        yearday: tm.tm_yday as u32 + 1,
        is_dst: Some(tm.tm_isdst > 0),
        zone,
        offset: tm.tm_gmtoff,
    })
}

/// `time.mktime(...)`: the fields year, month, day, hour, minute, second may lie outside their ranges; `is_dst` None
/// leaves the choice to the zone's rules. None when it cannot be represented (OverflowError `mktime argument out of
/// range`).
pub fn to_seconds(fields: [i64; 6], is_dst: Option<bool>) -> Option<i64> {
    let [year, month, day, hour, minute, second] = fields;
    let mut tm = blank();
    tm.tm_year = i32::try_from(year.checked_sub(1900)?).ok()?;
    tm.tm_mon = i32::try_from(month.checked_sub(1)?).ok()?;
    tm.tm_mday = i32::try_from(day).ok()?;
    tm.tm_hour = i32::try_from(hour).ok()?;
    tm.tm_min = i32::try_from(minute).ok()?;
    tm.tm_sec = i32::try_from(second).ok()?;
    tm.tm_isdst = is_dst.map_or(-1, i32::from);
    // A weekday that stays tells a failure from the second before the epoch.
    tm.tm_wday = -1;
    // SAFETY: the pointer is to a live local, which the function may change and does not keep.
    let seconds = unsafe { libc::mktime(&mut tm) };
    if seconds == -1 && tm.tm_wday == -1 { None } else { Some(seconds) }
}

/// The names and offsets of the local zone: `time.tzname`, `timezone`, `altzone`, `daylight`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    /// The names outside and in daylight saving time; equal if there is none.
    pub names: [String; 2],
    /// Seconds west of UTC, outside and in daylight saving time.
    pub west: [i64; 2],
}

impl Zones {
    /// `time.daylight`: the zone has daylight saving time.
    pub fn has_daylight(&self) -> bool {
        self.west[0] != self.west[1]
    }
}

/// The local zone in the year around `now`, in seconds since the epoch.
pub fn zones(now: i64) -> Zones {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let january = now.div_euclid(YEAR).saturating_mul(YEAR);
    let at = |seconds| local(seconds).map_or(("UTC".to_owned(), 0), |t| (t.zone, -t.offset));
    let (first, second) = (at(january), at(january.saturating_add(YEAR / 2)));
    // South of the equator it is in January that the clock is ahead.
    let (standard, daylight) = if first.1 < second.1 { (second, first) } else { (first, second) };
    Zones { names: [standard.0, daylight.0], west: [standard.1, daylight.1] }
}

fn blank() -> libc::tm {
    libc::tm {
        tm_sec: 0,
        tm_min: 0,
        tm_hour: 0,
        tm_mday: 0,
        tm_mon: 0,
        tm_year: 0,
        tm_wday: 0,
        tm_yday: 0,
        tm_isdst: 0,
        tm_gmtoff: 0,
        tm_zone: std::ptr::null(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_round_trips() {
        for seconds in [0, -1, 1_720_976_889, 4_000_000_000] {
            let t = local(seconds).expect("in range");
            assert_eq!(t.to_seconds(), seconds);
            let fields = [t.year, t.month.into(), t.day.into(), t.hour.into(), t.minute.into(), t.second.into()];
            assert_eq!(to_seconds(fields, t.is_dst), Some(seconds));
        }
        assert!(local(i64::MAX).is_none());
        let zones = zones(1_720_976_889);
        assert!(zones.west[1] <= zones.west[0] && (zones.has_daylight() || zones.names[0] == zones.names[1]));
    }
}
