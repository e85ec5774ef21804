//! Counts as people read them.

/// A count with a comma between each three digits.
///
/// ```
/// assert_eq!(imgcost_analysis::grouped(1_234_567_u64), "1,234,567");
/// ```
#[must_use]
pub fn grouped(count: impl TryInto<u64>) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
