//! Broken-down time and its text in the C locale: `strftime` with the flags and widths of glibc, `asctime`, and UTC
//! dates from seconds. It must not know the local time zone (see `zone`) or the clock.

use super::error::{Result, TextError};

/// A date and time of day in some zone (C's `struct tm`, with Python's numbering).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenDownTime {
    /// The year as written: 2024.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 61.
    pub second: u32,
    /// 0 is Monday.
    pub weekday: u32,
    /// 1 to 366.
    pub yearday: u32,
    /// Whether daylight saving time is in force; None if unknown.
    pub is_dst: Option<bool>,
    /// The name of the zone, `CET`; the C library names UTC `GMT`.
    pub zone: String,
    /// Seconds east of UTC.
    pub offset: i64,
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Whether a year has 366 days.
pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days from 1970-01-01 to the given day of the proleptic Gregorian calendar.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    // Years counted from March, so that the leap day comes last.
    let shifted = year - i64::from(month <= 2);
    let (era, in_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let from_march = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + from_march - 719_468
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let (era, in_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let from_march = in_era - (365 * year + year / 4 - year / 100);
    let month = (5 * from_march + 2) / 153;
    let day = (from_march - (153 * month + 2) / 5 + 1) as u32;
    let month = (month + if month < 10 { 3 } else { -9 }) as u32;
    (era * 400 + year + i64::from(month <= 2), month, day)
}

impl BrokenDownTime {
    /// `time.gmtime(seconds)`; None when the year is beyond C's int (an OSError with errno EOVERFLOW).
    pub fn utc(seconds: i64) -> Option<Self> {
        Self::at_offset(seconds, 0).map(|time| BrokenDownTime { is_dst: Some(false), zone: "GMT".to_owned(), ..time })
    }

    /// The date and time `offset` seconds east of UTC, in a zone without a name.
    pub fn at_offset(seconds: i64, offset: i64) -> Option<Self> {
        let local = seconds.checked_add(offset)?;
        let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400) as u32);
        let (year, month, day) = civil_from_days(days);
        i32::try_from(year - 1900).ok()?;
        Some(BrokenDownTime {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: (days + 3).rem_euclid(7) as u32,
            yearday: (days - days_from_civil(year, 1, 1)) as u32 + 1,
            is_dst: None,
            zone: String::new(),
            offset,
        })
    }

    /// The time that the nine fields of a `time.struct_time` give, for `strftime` and `asctime`; zeros count as ones
    /// in the month, the day and the day of the year. The zone is left without name and offset.
    ///
    /// # Errors
    /// OverflowError for a year beyond C's int, ValueError for another field out of range (CPython
    /// `Modules/timemodule.c`, `gettmarg` and `checktm`).
    pub fn from_fields(fields: [i64; 9]) -> Result<Self> {
        let [year, month, day, hour, minute, second, weekday, yearday, is_dst] = fields;
        let field = |value: i64, low: i64, high: i64, message: &'static str| {
            if (low..=high).contains(&value) { Ok(value as u32) } else { Err(TextError::value(message)) }
        };
        if i32::try_from(year).is_err() {
            let bound = if year > 0 { "greater than maximum" } else { "less than minimum" };
            return Err(TextError::overflow(format!("signed integer is {bound}")));
        }
        if year < i64::from(i32::MIN) + 1900 {
            return Err(TextError::overflow("year out of range"));
        }
        let month = field(month, 0, 12, "month out of range")?.max(1);
        let day = field(day, 0, 31, "day of month out of range")?.max(1);
        let hour = field(hour, 0, 23, "hour out of range")?;
        let minute = field(minute, 0, 59, "minute out of range")?;
        let second = field(second, 0, 61, "seconds out of range")?;
        if weekday < -1 {
            return Err(TextError::value("day of week out of range"));
        }
        let weekday = weekday.rem_euclid(7) as u32;
        let yearday = field(yearday, 0, 366, "day of year out of range")?.max(1);
        let is_dst = if is_dst < 0 { None } else { Some(is_dst > 0) };
        let zone = String::new();
        Ok(BrokenDownTime { year, month, day, hour, minute, second, weekday, yearday, is_dst, zone, offset: 0 })
    }

    /// The seconds since the epoch that this is, read by its own offset.
    pub fn to_seconds(&self) -> i64 {
        let days = days_from_civil(self.year, self.month, self.day);
        let in_day = i64::from(self.hour * 3600 + self.minute * 60 + self.second);
        days.saturating_mul(86_400).saturating_add(in_day).saturating_sub(self.offset)
    }

    fn day_name(&self) -> &'static str {
        DAYS.get(self.weekday as usize).copied().unwrap_or("?")
    }

    fn month_name(&self) -> &'static str {
        MONTHS.get((self.month as usize).wrapping_sub(1)).copied().unwrap_or("?")
    }

    /// 0 is Sunday.
    fn weekday_from_sunday(&self) -> i64 {
        i64::from(self.weekday + 1) % 7
    }

    /// The week of the year, when weeks start `weekday` days before this day.
    fn week(&self, weekday: i64) -> i64 {
        (i64::from(self.yearday) - 1 + 7 - weekday) / 7
    }

    /// The year and week of ISO 8601.
    fn iso_week(&self) -> (i64, i64) {
        // The week belongs to the year of its Thursday.
        let thursday = i64::from(self.yearday) - 1 + 3 - i64::from(self.weekday);
        let length = |year| if is_leap(year) { 366 } else { 365 };
        if thursday < 0 {
            (self.year - 1, (thursday + length(self.year - 1)) / 7 + 1)
        } else if thursday >= length(self.year) {
            (self.year + 1, (thursday - length(self.year)) / 7 + 1)
        } else {
            (self.year, thursday / 7 + 1)
        }
    }
}

/// `time.asctime(t)`: `Sun Jul 14 17:08:09 2024`.
pub fn asctime(t: &BrokenDownTime) -> String {
    let (day, month) = (&t.day_name()[..3], &t.month_name()[..3]);
    format!("{day} {month}{:3} {:02}:{:02}:{:02} {}", t.day, t.hour, t.minute, t.second, t.year)
}

/// What stands between `%` and the directive.
#[derive(Clone, Copy, Default)]
struct Layout {
    /// `_` pads with spaces, `-` not at all, `0` with zeros.
    pad: Option<char>,
    /// `^`
    upper: bool,
    /// `#`
    swap: bool,
    width: usize,
}

/// Fields wider than this are cut to it.
const MAX_WIDTH: usize = 1 << 16;

/// `time.strftime(format, t)` in the C locale. Unknown directives are copied.
pub fn strftime(format: &str, t: &BrokenDownTime) -> String {
    let mut out = String::with_capacity(format.len() * 2);
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = directive(&mut out, &rest[at..], t);
    }
    out.push_str(rest);
    out
}

/// Writes the directive that `text` starts with and gives what follows it.
fn directive<'a>(out: &mut String, text: &'a str, t: &BrokenDownTime) -> &'a str {
    let mut layout = Layout::default();
    let mut chars = text[1..].chars();
    let mut next = chars.next();
    while let Some(c) = next {
        match c {
            '_' | '-' | '0' => layout.pad = Some(c),
            '^' => layout.upper = true,
            '#' => layout.swap = true,
            _ => break,
        }
        next = chars.next();
    }
    while let Some(digit) = next.and_then(|c| c.to_digit(10)) {
        layout.width = (layout.width * 10 + digit as usize).min(MAX_WIDTH);
        next = chars.next();
    }
    let modifier = next.filter(|c| matches!(c, 'E' | 'O'));
    if modifier.is_some() {
        next = chars.next();
    }
    let rest = chars.as_str();
    let known = next.is_some_and(|c| accepts(c, modifier) && layout.write(out, c, t));
    if !known {
        layout.push(out, &text[..text.len() - rest.len()]);
    }
    rest
}

/// Whether a directive takes the modifier; in the C locale it changes nothing.
fn accepts(c: char, modifier: Option<char>) -> bool {
    match modifier {
        Some('E') => !"aAbBhdDeFgGHIjklmMSUVWw".contains(c),
        Some(_) => !"aADFcxXY".contains(c),
        None => true,
    }
}

impl Layout {
    /// Writes directive `c`; false if there is none.
    fn write(self, out: &mut String, c: char, t: &BrokenDownTime) -> bool {
        let hour12 = i64::from((t.hour + 11) % 12 + 1);
        match c {
            '%' => self.push(out, "%"),
            'n' => self.push(out, "\n"),
            't' => self.push(out, "\t"),
            'a' => self.name(out, &t.day_name()[..3]),
            'A' => self.name(out, t.day_name()),
            'b' | 'h' => self.name(out, &t.month_name()[..3]),
            'B' => self.name(out, t.month_name()),
            'c' => self.compound(out, "%a %b %e %H:%M:%S %Y", t),
            'D' | 'x' => self.compound(out, "%m/%d/%y", t),
            'F' => self.compound(out, "%Y-%m-%d", t),
            'r' => self.compound(out, "%I:%M:%S %p", t),
            'R' => self.compound(out, "%H:%M", t),
            'T' | 'X' => self.compound(out, "%H:%M:%S", t),
            'C' => self.number(out, 1, t.year.div_euclid(100)),
            'd' => self.number(out, 2, t.day.into()),
            'e' => self.spaced(out, t.day.into()),
            'g' => self.number(out, 2, t.iso_week().0.rem_euclid(100)),
            'G' => self.number(out, 1, t.iso_week().0),
            'H' => self.number(out, 2, t.hour.into()),
            'I' => self.number(out, 2, hour12),
            'j' => self.number(out, 3, t.yearday.into()),
            'k' => self.spaced(out, t.hour.into()),
            'l' => self.spaced(out, hour12),
            'm' => self.number(out, 2, t.month.into()),
            'M' => self.number(out, 2, t.minute.into()),
            'p' | 'P' => self.half_day(out, c == 'P' || self.swap, t),
            's' => self.push(out, &t.to_seconds().to_string()),
            'S' => self.number(out, 2, t.second.into()),
            'u' => self.number(out, 1, i64::from(t.weekday) + 1),
            'U' => self.number(out, 2, t.week(t.weekday_from_sunday())),
            'V' => self.number(out, 2, t.iso_week().1),
            'w' => self.number(out, 1, t.weekday_from_sunday()),
            'W' => self.number(out, 2, t.week(t.weekday.into())),
            'y' => self.number(out, 2, t.year.rem_euclid(100)),
            'Y' => self.number(out, 1, t.year),
            'z' => self.offset(out, t),
            'Z' if self.swap => self.push(out, &t.zone.to_lowercase()),
            'Z' => self.push(out, &t.zone),
            _ => return false,
        }
        true
    }

    /// Pads with spaces, or zeros if asked for.
    fn push(self, out: &mut String, text: &str) {
        let filler = if self.pad == Some('0') { '0' } else { ' ' };
        out.extend(std::iter::repeat_n(filler, self.width.saturating_sub(text.len())));
        if self.upper { out.extend(text.chars().flat_map(char::to_uppercase)) } else { out.push_str(text) }
    }

    fn name(self, out: &mut String, name: &str) {
        Layout { upper: self.upper || self.swap, ..self }.push(out, name);
    }

    fn compound(self, out: &mut String, format: &str, t: &BrokenDownTime) {
        self.push(out, &strftime(format, t));
    }

    fn half_day(self, out: &mut String, lower: bool, t: &BrokenDownTime) {
        let text = match (t.hour < 12, lower) {
            (true, true) => "am",
            (true, false) => "AM",
            (false, true) => "pm",
            (false, false) => "PM",
        };
        // `^` does not raise what was lowered.
        Layout { upper: false, ..self }.push(out, text);
    }

    /// A number of at least `digits` digits.
    fn number(self, out: &mut String, digits: usize, value: i64) {
        let text = value.unsigned_abs().to_string();
        let sign = if value < 0 { "-" } else { "" };
        let fill = digits.max(self.width).saturating_sub(text.len() + sign.len());
        match self.pad {
            Some('-') => self.push(out, &format!("{sign}{text}")),
            Some('_') => {
                out.extend(std::iter::repeat_n(' ', fill));
                out.push_str(sign);
                out.push_str(&text);
            }
            _ => {
                out.push_str(sign);
                out.extend(std::iter::repeat_n('0', fill));
                out.push_str(&text);
            }
        }
    }

    /// A number of two digits that is padded with spaces unless told otherwise.
    fn spaced(self, out: &mut String, value: i64) {
        Layout { pad: self.pad.or(Some('_')), ..self }.number(out, 2, value);
    }

    /// `+0130`; nothing when the zone is unknown.
    fn offset(self, out: &mut String, t: &BrokenDownTime) {
        if t.is_dst.is_none() {
            return;
        }
        let minutes = t.offset.abs() / 60;
        // The C library pads the sign and the digits each to the width.
        self.push(out, if t.offset < 0 { "-" } else { "+" });
        self.number(out, 4, minutes / 60 * 100 + minutes % 60);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_from_seconds() {
        let t = BrokenDownTime::utc(1_720_976_889).unwrap();
        assert_eq!((t.year, t.month, t.day, t.hour, t.weekday, t.yearday), (2024, 7, 14, 17, 6, 196));
        assert_eq!(t.to_seconds(), 1_720_976_889);
        assert_eq!(asctime(&t), "Sun Jul 14 17:08:09 2024");
        let before = BrokenDownTime::utc(-1).unwrap();
        assert_eq!((before.year, before.month, before.day, before.second), (1969, 12, 31, 59));
        assert!(BrokenDownTime::utc(i64::MAX).is_none());
        let bad = BrokenDownTime::from_fields([2024, 1, 1, 24, 0, 0, 0, 1, 0]).unwrap_err();
        assert_eq!(bad.message, "hour out of range");
    }

    #[test]
    fn directives() {
        let t = BrokenDownTime::utc(1_704_092_889).unwrap();
        assert_eq!(strftime("%a %A %b %j %U %W %V %G %p %I %e|%%", &t), "Mon Monday Jan 001 00 01 01 2024 AM 07  1|%");
        assert_eq!(strftime("%-d %_d %05d %^a %#Z %10Y %Q %", &t), "1  1 00001 MON gmt 0000002024 %Q %");
        assert_eq!(strftime("%c|%x|%X|%r|%z", &t), "Mon Jan  1 07:08:09 2024|01/01/24|07:08:09|07:08:09 AM|+0000");
    }
}
