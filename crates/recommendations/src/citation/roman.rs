//! Roman numerals, 1 to 3999.
//!
//! A crate would do it too; these lines are fewer than its entry in the licence list.

const LETTERS: [(u32, &str); 13] = [
    (1_000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
];

/// `67` as `LXVII`; `None` where there is no such numeral.
pub fn print(mut number: u32) -> Option<String> {
    if !(1..=3_999).contains(&number) {
        return None;
    }
    let mut numeral = String::new();
    for (value, letters) in LETTERS {
        while number >= value {
            numeral.push_str(letters);
            number -= value;
        }
    }
    Some(numeral)
}

/// `LXVII` or `lxvii` as `67`; `None` for what is not well formed (`IIII`, `VX`).
pub fn parse(numeral: &str) -> Option<u32> {
    let upper = numeral.to_ascii_uppercase();
    let mut rest = upper.as_str();
    let mut number = 0;
    for (value, letters) in LETTERS {
        while let Some(after) = rest.strip_prefix(letters) {
            number += value;
            rest = after;
        }
    }
    // What is spelt otherwise than we would spell it is no numeral but a word.
    (rest.is_empty() && print(number).as_deref() == Some(&upper)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_numeral_goes_both_ways() {
        for number in 1..=3_999 {
            let numeral = print(number).unwrap();
            assert_eq!(parse(&numeral), Some(number), "{numeral}");
            assert_eq!(parse(&numeral.to_lowercase()), Some(number));
        }
        assert_eq!((print(0), print(4_000)), (None, None));
    }

    #[test]
    fn known_numerals_and_words_that_are_none() {
        for (numeral, number) in [
            ("LXVII", 67),
            ("LXVIII", 68),
            ("LXXV", 75),
            ("XIII", 13),
            ("MCMXLIX", 1949),
        ] {
            assert_eq!(parse(numeral), Some(number));
        }
        for wrong in ["", "IIII", "VX", "IC", "MMMM", "A", "X1", "LXVIIé"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
