#!/usr/bin/perl
# pm selftest: every profile holds, as root and as nobody.
use strict;
use warnings;
use Test::More;
use Cwd qw(abs_path);
use POSIX ();

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';

sub check {
	my ($who) = @_;
	my @lines = split /\n/, scalar `$pm selftest sandbox 2>&1`;
	is($?, 0, "$who: exit code 0");
	is(scalar(grep { /^not ok|^pm/ } @lines), 0, "$who: nothing got out")
		or diag join "\n", grep { !/^ok/ } @lines;
	is(pop @lines, '1..' . grep({ /^ok/ } @lines), "$who: a plan");
	for my $what ('scanner: opening a file is refused',
		'scanner: an internet socket is refused',
		'scanner: executing a program is refused',
		'scanner: tracing another process is refused',
		'scanner: killing another process is refused',
		'scanner: mounting is refused',
		'scanner: a new process is refused',
		'scanner: mapping executable memory is refused',
		'scanner: working on memory and open descriptors is possible',
		'zygote: a new process is possible',
		'zygote: opening a file is refused',
		'broker: an internet socket is possible',
		'broker: a packet socket is refused',
		'recorder: an internet socket is refused',
		'signer: a unix socket is refused',
		'signer: opening a file is possible',
		'signer: writing a file is refused') {
		ok(scalar(grep { /^ok \d+ - \Q$what\E$/ } @lines),
			"$who: $what");
	}
}

if ($> == 0) {
	check('root');
	POSIX::setgid(65534);
	POSIX::setuid(65534);
}
SKIP: {
	skip "nobody cannot reach $pm", 1 unless -x $pm;
	check($> == 65534 ? 'nobody' : 'me');
}

my $unknown = 'pm selftest: no profile "browser"; one of: front zygote ';
like(`$pm selftest sandbox browser 2>&1`,
	qr/\A\Q$unknown\E(?:[\w-]+ )*web(?: [\w-]+)*\n\z/,
	'an unknown profile');
is($? >> 8, 2, 'is wrong usage');
is(`$pm selftest 2>&1`, 'pm selftest: which test? usage: pm selftest sandbox '
	. "[PROFILE]\n", 'no test named');
is($? >> 8, 2, 'is wrong usage');
done_testing();
