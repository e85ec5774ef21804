//! Texts that are no response.

use imgcost_wire::response;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_text_is_a_response_with_usage_or_an_error(text in r#"(data:)?[{}\[\]":,\\ \n01a-z_]{0,200}"#) {
        if let Ok(read) = response(&text) {
            prop_assert!(read.usage != Default::default() || read.drew || text.contains("choices"), "{text}");
        }
    }
}
