//! Numbers in words.

const WORDS: &[(&str, i64)] = &[
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("un", 1),
    ("une", 1),
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("sept", 7),
    ("huit", 8),
    ("neuf", 9),
    ("dix", 10),
    ("onze", 11),
    ("douze", 12),
    ("quinze", 15),
    ("vingt", 20),
    ("trente", 30),
    ("quarante", 40),
    ("cinquante", 50),
];

/// Number words, for a pattern.
pub(crate) const PATTERN: &str = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|une?|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante";

/// Digits with what may stand between them, for a pattern: `1,704`, `12 000`, `2.5`.
pub(crate) const DIGITS: &str = r"\d{1,3}(?:[,. ]\d{3})+\b|\d+(?:[.,]\d{1,2})?";

/// Words for thousands and more, for a pattern.
pub(crate) const SCALE: &str = "thousand|million|billion|mille|milliers? de|millions? d[e']|milliards? d[e']|millions|milliards";

/// The whole number that is written; none where it is none, or too large to be one.
pub(crate) fn read(number: &str, scale: &str) -> Option<i64> {
    let number = number.trim().to_lowercase();
    let times: f64 = match scale.trim().to_lowercase().as_str() {
        "" => 1.0,
        s if s.starts_with("thousand") || s.starts_with("mill") && !s.starts_with("million") => 1e3,
        s if s.starts_with("million") => 1e6,
        _ => 1e9,
    };
    if let Some((_, value)) = WORDS.iter().find(|(word, _)| *word == number) {
        return whole(*value as f64 * times);
    }
    let parts: Vec<&str> = number.split([',', '.', ' ']).collect();
    let grouped = parts.len() > 1 && parts[1..].iter().all(|part| part.len() == 3);
    if parts.len() == 1 || grouped {
        return whole(parts.concat().parse::<f64>().ok()? * times);
    }
    // A decimal fraction counts only of thousands and more: 2.5 million.
    let fraction: f64 = parts.join(".").parse().ok()?;
    if times > 1.0 {
        whole((fraction * times).round())
    } else {
        None
    }
}

fn whole(value: f64) -> Option<i64> {
    // Beyond this a float is not exact any more; no figure of a meeting is.
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}

/// The value of a Roman numeral of up to twelve letters.
pub(crate) fn roman(numeral: &str) -> Option<u32> {
    let value = |c| match c {
        'I' => Some(1),
        'V' => Some(5),
        'X' => Some(10),
        'L' => Some(50),
        'C' => Some(100),
        _ => None,
    };
    let digits: Option<Vec<u32>> = numeral.chars().map(value).collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() <= 12)?;
    let mut sum = 0;
    for (at, digit) in digits.iter().enumerate() {
        // The sum never falls below 0: what is taken away was to be added just after.
        if digits.get(at + 1).is_some_and(|next| next > digit) {
            sum -= i64::from(*digit);
        } else {
            sum += i64::from(*digit);
        }
    }
    u32::try_from(sum).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_people_write_them() {
        for (number, scale, value) in [
            ("115", "", Some(115)),
            ("1,704", "", Some(1_704)),
            ("12 000", "", Some(12_000)),
            ("2.5", "million", Some(2_500_000)),
            ("1,5", "millions d'", Some(1_500_000)),
            ("3", "milliers de", Some(3_000)),
            ("seven", "", Some(7)),
            ("2.5", "", None),
            ("99999999999999999999", "", None),
        ] {
            assert_eq!(read(number, scale), value, "{number} {scale}");
        }
        assert_eq!(
            (roman("LXVII"), roman("LXVIII"), roman("XIV"), roman("Q")),
            (Some(67), Some(68), Some(14), None)
        );
    }
}
