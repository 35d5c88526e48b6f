//! Fenced code in Markdown, as far as it takes to know whether a line is in it: CommonMark 0.31.2, section 4.5. Fences inside
//! of lists and quotes are not known.

/// Which lines are fenced code, asked line by line.
#[derive(Debug, Default)]
pub(super) struct Fences {
    open: Option<(char, usize)>,
}

impl Fences {
    /// Whether this line, the next one, is a fence or between two.
    pub(super) fn holds(&mut self, line: &str) -> bool {
        let was_open = self.open.is_some();
        let text = line.trim_start_matches(' ');
        if line.len() - text.len() > 3 {
            return was_open;
        }
        let Some(mark) = text.chars().next().filter(|mark| matches!(mark, '`' | '~')) else { return was_open };
        let rest = text.trim_start_matches(mark);
        let length = text.len() - rest.len();
        match self.open {
            Some((open, least)) if open == mark && length >= least && rest.trim().is_empty() => self.open = None,
            // the words behind back-ticks have none, else it is code in a line
            None if length >= 3 && !(mark == '`' && rest.contains('`')) => self.open = Some((mark, length)),
            _ => return was_open,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_code_are_known() {
        let text =
            "a\n```md\nb\n````x\n~~~\n```\nc\n   ~~~~\nd\n```\n~~~\n~~~~~\ne\n    ```\nf\n``` `x` ```\ng\n```\nh";
        let mut fences = Fences::default();
        let code: Vec<&str> = text.lines().filter(|line| fences.holds(line)).collect();
        assert_eq!(code, ["```md", "b", "````x", "~~~", "```", "   ~~~~", "d", "```", "~~~", "~~~~~", "```", "h"]);
    }
}
