//! Which of several names somebody most likely meant.

/// The candidate with the fewest edits to `text`, if any is near enough to be meant: no farther
/// than a third of the longer of the two.
///
/// ```
/// let models = ["gpt-image-1", "gpt-image-2", "dall-e-3"];
/// assert_eq!(imgcost_core::nearest_name("dalle3", models), Some("dall-e-3"));
/// assert_eq!(imgcost_core::nearest_name("stable-diffusion-xl", models), None);
/// ```
#[must_use]
pub fn name<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: String = text.chars().take(64).flat_map(char::to_lowercase).collect();
    let letters = typed.chars().count();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (letters.max(candidate.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Sorts names by their likeness to `text`, the most alike first.
pub(crate) fn sort(text: &str, names: &mut [String]) {
    let typed: String = text.chars().take(64).flat_map(char::to_lowercase).collect();
    names.sort_by_cached_key(|name| strsim::osa_distance(&typed, &name.to_lowercase()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_likeliest_slip() {
        let models = ["gpt-image-1", "gpt-image-2", "gpt-image-1-mini", "dall-e-3"];
        assert_eq!(name("gpt-imgae-2", models), Some("gpt-image-2"));
        assert_eq!(name("GPT-Image-1", models), Some("gpt-image-1"));
        assert_eq!(name("dalle3", models), Some("dall-e-3"));
        assert_eq!(name("stable-diffusion-xl", models), None);
        assert_eq!(name("edit", ["drift", "diff", "explain"]), None);
        assert_eq!(name("", models), None);
    }
}
