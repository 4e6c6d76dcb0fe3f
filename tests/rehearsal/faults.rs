//! Faults are real ones: seen from the other end of the socket.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::support::{DEADLINE, End, ask, begin, prompt, read, rehearse};

#[tokio::test]
async fn a_reset_is_a_tcp_reset_after_so_many_chunks() {
    let rehearsal = rehearse("[[reply]]\ntext = 'a b c d'\nfault = 'reset'\nafter_chunks = 2").await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!((reply.end, reply.is_complete()), (End::Reset, false));
    assert_eq!(reply.text(), "a b ");
}

#[tokio::test]
async fn a_reset_after_no_chunks_comes_before_the_headers() {
    let rehearsal = rehearse("[[reply]]\nfault = 'reset'\nafter_chunks = 0").await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!((reply.end, reply.head.as_str()), (End::Reset, ""));
}

#[tokio::test]
async fn a_close_ends_the_connection_in_the_middle_of_the_body() {
    let rehearsal = rehearse("[[reply]]\ntext = 'a b'\nfault = 'close'").await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!((reply.end, reply.is_complete()), (End::Closed, false));
    assert_eq!(reply.text(), "a b");
}

#[tokio::test]
async fn an_eof_is_a_proper_end_without_a_finish_reason() {
    let rehearsal = rehearse("[[reply]]\ntext = 'a b'\nfault = 'eof'").await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!((reply.end, reply.is_complete()), (End::Closed, true));
    let events = reply.events();
    assert_eq!(events.len(), 3);
    assert!(
        events
            .iter()
            .all(|event| event["choices"][0]["finish_reason"].is_null() && event.is_object())
    );
}

#[tokio::test]
async fn garbage_is_a_chunk_that_is_no_json() {
    let rehearsal = rehearse("[[reply]]\ntext = 'a b'\nfault = 'garbage'\nafter_chunks = 1").await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!(reply.text(), "a ");
    assert!(
        reply
            .events()
            .last()
            .unwrap()
            .as_str()
            .is_some_and(|data| data.starts_with('{'))
    );
}

#[tokio::test]
async fn an_error_chunk_has_the_message_of_the_script() {
    let rehearsal = rehearse("[[reply]]\ntext = 'a'\nfault = 'error_chunk'\nerror_message = 'out of luck'").await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    let events = reply.events();
    assert_eq!(events[events.len() - 2]["error"]["message"], "out of luck");
}

#[tokio::test]
async fn a_stall_sends_what_it_has_and_then_nothing_until_the_rehearsal_stops() {
    let rehearsal = rehearse("[[reply]]\ntext = 'a b'\nfault = 'stall'").await;
    let mut stream = begin(&rehearsal, &prompt("x"), &[]).await;
    let reply = read(&mut stream, |text| text.contains("\"b\"")).await;
    assert_eq!(reply.end, End::Open);
    let mut byte = [0];
    let more = timeout(Duration::from_millis(200), stream.peek(&mut byte)).await;
    assert!(more.is_err(), "something came after the stall: {more:?}");
    drop(rehearsal);
    assert_eq!(read(&mut stream, |_| false).await.end, End::Closed);
}

#[tokio::test]
async fn a_hanging_request_ends_when_the_rehearsal_stops() {
    let rehearsal = rehearse("[[reply]]\nhang = true").await;
    let mut stream = begin(&rehearsal, &prompt("x"), &[]).await;
    timeout(DEADLINE, rehearsal.wait_for_requests(1)).await.unwrap();
    drop(rehearsal);
    let reply = read(&mut stream, |_| false).await;
    assert_eq!((reply.end, reply.head.as_str()), (End::Closed, ""));
}

#[tokio::test]
async fn an_http_error_has_status_headers_and_body_and_then_the_script_goes_on() {
    let rehearsal = rehearse(
        "[[reply]]\nstatus = 429\nheaders = { retry-after = 1, retry-after-ms = '250' }\nbody = { error = { message = 'slow down' } }\n\
         [[reply]]\nstatus = 503\n[[reply]]\ntext = 'ok'",
    )
    .await;
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!(reply.status(), 429);
    assert!(reply.head.contains("retry-after: 1"), "{}", reply.head);
    assert!(reply.head.contains("retry-after-ms: 250"), "{}", reply.head);
    assert_eq!(reply.body(), r#"{"error":{"message":"slow down"}}"#);
    let reply = ask(&rehearsal, &prompt("x")).await;
    assert_eq!(reply.status(), 503);
    assert_eq!(
        reply.body(),
        r#"{"error":{"message":"rehearsed error 503","type":"rehearsal","code":503}}"#
    );
    assert_eq!(ask(&rehearsal, &prompt("x")).await.text(), "ok");
}

#[tokio::test]
async fn delays_are_kept() {
    let rehearsal =
        rehearse("[[reply]]\ntext = 'abcd'\nchunk_size = 2\nchunk_delay = '30ms'\ndelay = '50ms'\nhang = '40ms'").await;
    let start = Instant::now();
    let reply = ask(&rehearsal, &prompt("x")).await;
    // 40 before the headers, 50 before the first chunk, 30 after each of: role, "ab", "cd".
    assert!(start.elapsed() >= Duration::from_millis(180), "{:?}", start.elapsed());
    assert_eq!(reply.text(), "abcd");
}
