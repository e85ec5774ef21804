//! A provider small enough that every size of its images can be quoted.

use std::sync::LazyLock;

use imgcost_core::Book;

use crate::common::{files, read};

/// A book with one provider of small images: by class, by the megapixel of 1,000 pixels, at any
/// size for one price, and with prices of single sizes.
pub(crate) static TINY: LazyLock<Book> = LazyLock::new(|| {
    let mut files = files();
    let family = |id: &str, sizes: &str| {
        format!(
            "[[family]]\nid = \"{id}\"\ntitle = \"{id}\"\n[family.limits]\nsource = \"litellm-1-109-1\"\n\
             evidence = \"assumed\"\nendpoints = [\"generations\"]\nqualities = []\n{sizes}\n"
        )
    };
    let class = |name: &str, square: &str, most: u64| {
        format!(
            "[[family.limits.size_class]]\nname = \"{name}\"\nsquare = \"{square}\"\nmax_pixels = {most}\n"
        )
    };
    let classes =
        format!("default_size = \"20x20\"\n{}{}", class("S", "20x20", 500), class("L", "60x60", 4000));
    let any = "any_size = true\nsize_auto = false\ndefault_size = \"30x30\"";
    let families = files.iter_mut().find(|(name, _)| *name == "families-providers.toml").unwrap();
    families.1.push_str(&format!("\n{}\n{}\n", family("tiny-classes", &classes), family("tiny-any", any)));
    let image = |model: &str, family: &str, rows: &[&str]| {
        let rows: String = rows
            .iter()
            .map(|row| {
                format!(
                    "\n[[model.image]]\n{row}\nfrom = \"2026-01-01\"\nsource = \"litellm-1-109-1\"\n\
                     evidence = \"assumed\"\nchecked = \"2026-11-21\"\nconfidence = \"medium\"\n"
                )
            })
            .collect();
        format!("\n[[model]]\nid = \"{model}\"\nfamily = \"{family}\"\nbasis = \"per-image\"\n{rows}")
    };
    let head = files.iter().find(|(name, _)| *name == "providers/bfl.toml").unwrap().1.clone();
    let head = head.split("[[model]]").next().unwrap().replace("provider = \"bfl\"", "provider = \"tiny\"");
    let text = [
        head,
        image("classes", "tiny-classes", &["class = \"S\"\nusd = \"0.01\"", "class = \"L\"\nusd = \"0.03\""]),
        image("megapixels", "tiny-any", &["usd = \"0.01\"\nfurther_megapixel = \"0.004\"\nmegapixel = 1000"]),
        image("flat", "tiny-any", &["usd = \"0.02\"", "size = \"30x30\"\nusd = \"0.05\""]),
    ]
    .concat();
    files.push(("providers/tiny.toml", text));
    read(&files)
});
