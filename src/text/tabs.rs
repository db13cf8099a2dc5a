//! Tabs as spaces, column by column. Columns are code points: how wide a letter is drawn does not count.

/// A text with its tabs replaced by spaces up to the next multiple of `size`; with a size of 0 they vanish.
pub fn expanded(text: &str, size: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let spaces = size - column % size;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            _ => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}
