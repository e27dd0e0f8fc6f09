//! `make instructions`: instruction counts by Callgrind, which are the same on a busy machine. Each run is compared with
//! the one before.

use std::hint::black_box;
use std::mem::ManuallyDrop;

use gungraun::{LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use instructions::{Kind, Service, Token};

fn service(path: &'static str, kind: Kind) -> Service {
    Service::new(path, kind).expect("the service starts")
}

fn token(is_known: bool) -> Token {
    Token::new(is_known).expect("a token")
}

#[library_benchmark(setup = service)]
#[bench::get_user("/users/00000000-0000-0000-0000-000000000001", Kind::Visitor)]
#[bench::get_user_logged("/users/00000000-0000-0000-0000-000000000001", Kind::Logged)]
#[bench::login_page("/login?next=/settings", Kind::Visitor)]
#[bench::profile_page("/profile/ann", Kind::Visitor)]
#[bench::profile_page_signed_in("/profile/ann", Kind::SignedIn)]
#[bench::followers_page_signed_in("/profile/ann/followers", Kind::SignedIn)]
#[bench::timeline_signed_in("/timeline", Kind::SignedIn)]
fn respond(service: Service) -> usize {
    // Ends with the process: its connections can only be dropped inside its runtime.
    let service = ManuallyDrop::new(service);
    black_box(service.respond().expect("a response"))
}

#[library_benchmark(setup = token)]
#[bench::new(false)]
#[bench::known(true)]
fn check_token(token: Token) -> Token {
    assert!(black_box(token.is_valid()));
    token
}

library_benchmark_group!(name = counted, benchmarks = [respond, check_token]);
main!(
    config = LibraryBenchmarkConfig::default().pass_through_envs(["DATABASE_URL"]),
    library_benchmark_groups = counted
);
