//! What the real processes tell of themselves: figures, traces, log lines, and whether the files of
//! `deploy/monitoring` and the tables of `deploy/MONITORING.md` speak of what there is.

mod collector;
mod figures;
mod logs;
mod traces;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// `deploy/MONITORING.md`.
const GUIDE: &str = include_str!("../../deploy/MONITORING.md");

/// One request of HTTP/1.1 with these header lines; the status and the body.
async fn http(address: &str, line: &str, headers: &[String], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for header in headers {
        request.push_str(&format!("{header}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// The first cells of the rows of the first table after `mark`, without their backticks.
fn first_cells(mark: &str) -> Vec<String> {
    let (_, rest) = GUIDE.split_once(mark).unwrap();
    let rows = rest.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('|').nth(1).unwrap().trim().replace('`', ""))
        .collect()
}
