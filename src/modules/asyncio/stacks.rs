//! `Task.get_stack` and `Task.print_stack`: the frame where a task waits, or those its exception came through
//! (CPython: `Lib/asyncio/base_tasks.py`).

use crate::intern::sym;
use crate::modules::types::code_object;
use crate::object::{Exception, R, Ref, Value, Vm};
use crate::tasks::task;

/// The frames, outermost first, and the exception when they are those of a failure.
struct Stack {
    frames: Vec<Value>,
    failure: Option<Ref<Exception>>,
}

fn stack(vm: &Vm, this: &Value, limit: &Value) -> R<Stack> {
    let (_, data) = task::of(vm, this)?;
    let coroutine = data.coroutine.get();
    let limit = if limit.is_none_or_missing() { i64::MAX } else { vm.index_i64(limit)? };
    let limit = usize::try_from(limit).unwrap_or(0);
    let failure = data.future.failure().filter(|_| !data.future.is_cancelled());
    let frame = if coroutine.is_none_or_missing() { None } else { vm.find_attr(&coroutine, sym::cr_frame)? };
    let frames = match (frame, &failure) {
        (Some(frame), _) if !frame.is_none() => outwards(vm, frame, limit),
        (_, Some(exception)) => {
            let mut frames = code_object::frames_of(vm, exception);
            frames.truncate(limit);
            frames
        }
        _ => Vec::new(),
    };
    Ok(Stack { frames, failure })
}

/// A frame after those further out, the innermost of them: the task that runs has been called.
fn outwards(vm: &Vm, frame: Value, limit: usize) -> Vec<Value> {
    let mut frames = Vec::new();
    let mut next = Some(frame);
    while let Some(frame) = next.filter(|_| frames.len() < limit) {
        next = code_object::back(vm, &frame);
        frames.push(frame);
    }
    frames.reverse();
    frames
}

/// `task.get_stack(limit=limit)`
pub fn get_stack(vm: &Vm, this: &Value, limit: &Value) -> R {
    Ok(Value::list(stack(vm, this, limit)?.frames))
}

/// `task.print_stack(limit=limit, file=file)`
pub fn print_stack(vm: &Vm, this: &Value, limit: &Value, file: &Value) -> R {
    let Stack { frames, failure } = stack(vm, this, limit)?;
    let shown = vm.repr(this)?;
    let shown = shown.as_str();
    let mut text = match (&failure, frames.is_empty()) {
        (_, true) => format!("No stack for {shown}\n"),
        (Some(_), false) => format!("Traceback for {shown} (most recent call last):\n"),
        (None, false) => format!("Stack for {shown} (most recent call last):\n"),
    };
    for frame in &frames {
        text.push_str(&code_object::frame_lines(frame));
    }
    if let Some(exception) = failure {
        let message = vm.str(&Value::Exception(exception.clone()))?;
        let name = vm.class_name(&Value::Exception(exception));
        let message = message.as_str();
        text.push_str(&if message.is_empty() { format!("{name}\n") } else { format!("{name}: {message}\n") });
    }
    let file = if file.is_none_or_missing() { vm.sys_stderr() } else { file.clone() };
    vm.write_to(&file, &text)?;
    Ok(Value::None)
}
