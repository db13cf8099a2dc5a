//! Running a command to its end: what it took, and what it printed. Knows nothing of programs and tables.

use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run took.
#[derive(Clone, Copy)]
pub struct Cost {
    /// User and system time.
    pub cpu: Duration,
    pub wall: Duration,
    /// Peak resident memory in KiB.
    pub memory: u64,
}

/// The medians of a number of runs; seconds and KiB.
#[derive(Clone, Copy)]
pub struct Medians {
    pub cpu: f64,
    pub wall: f64,
    pub memory: f64,
}

impl Medians {
    pub fn of(costs: &[Cost]) -> Medians {
        let median = |figure: fn(&Cost) -> f64| {
            let mut figures: Vec<f64> = costs.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        Medians {
            cpu: median(|cost| cost.cpu.as_secs_f64()),
            wall: median(|cost| cost.wall.as_secs_f64()),
            memory: median(|cost| cost.memory as f64),
        }
    }
}

/// Runs a command, its output thrown away. An error when it fails.
pub fn cost(command: &mut Command) -> Result<Cost, String> {
    let start = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
    let (status, usage) = wait(child.id()).map_err(|error| error.to_string())?;
    let wall = start.elapsed();
    if status != 0 {
        return Err(format!("ended with wait status {status}"));
    }
    let time = |t: libc::timeval| Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64);
    // Linux counts memory in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 };
    Ok(Cost { cpu: time(usage.ru_utime) + time(usage.ru_stime), wall, memory: usage.ru_maxrss as u64 / unit })
}

/// Waits for a child and gives its status and what it used. The standard library has no such wait.
fn wait(child: u32) -> std::io::Result<(i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: rusage is a struct of integers, for which all zeroes is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to locals that outlive the call; the child is ours and waited for only here.
    let waited = unsafe { libc::wait4(child as libc::pid_t, &mut status, 0, &mut usage) };
    if waited < 0 { Err(std::io::Error::last_os_error()) } else { Ok((status, usage)) }
}

/// What a program prints, as its length and a hash. The text is never held: the peak memory of a child counts
/// from what its parent had at the fork, so this process has to stay small.
pub fn digest(command: &mut Command) -> Result<(usize, u64), String> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let mut stdout = child.stdout.take().ok_or("stdout was not piped")?;
    let (mut length, mut hasher, mut buffer) = (0, DefaultHasher::new(), [0; 8192]);
    loop {
        let n = stdout.read(&mut buffer).map_err(|error| error.to_string())?;
        if n == 0 {
            break;
        }
        length += n;
        // Byte by byte, as the pieces that a pipe gives are not the same each time.
        buffer[..n].iter().for_each(|&byte| hasher.write_u8(byte));
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok((length, hasher.finish())) } else { Err(status.to_string()) }
}

/// What a command prints, a line at most; nothing when it takes longer than `limit` and is ended.
pub fn line_within(command: &mut Command, limit: Duration) -> Result<Option<String>, String> {
    let start = Instant::now();
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().map_err(|error| error.to_string())?;
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if start.elapsed() > limit {
            child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    match output.status.success() {
        true => Ok(Some(text(&output.stdout))),
        false => Err(text(&output.stderr).lines().last().unwrap_or("failed without a word").to_string()),
    }
}
