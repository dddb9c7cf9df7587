#!/usr/bin/perl
# pm quarantine: every command, and every line that a user sees when it is
# used wrongly.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);
use JSON::PP;

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $root = tempdir(CLEANUP => 1);
my $spool = "$root/var/lib/pm/spool";
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
delete $ENV{SUDO_USER};
my $me = getpwuid($<);

# Runs pm quarantine; (exit code, stdout, stderr).
sub run_pm {
	my @args = @_;
	my $pid = fork() // die;
	if ($pid == 0) {
		open STDOUT, '>', "$root/out" or die;
		open STDERR, '>', "$root/err" or die;
		exec $pm, 'quarantine', '--root', $root, @args or die;
	}
	waitpid $pid, 0;
	return ($? >> 8, slurp("$root/out"), slurp("$root/err"));
}

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or die "$path: $!";
	local $/;
	return <$f> // '';
}

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

# A wrong use: exit code 2, nothing on stdout, exactly this line.
sub refused {
	my ($name, $line, @args) = @_;
	my ($code, $out, $err) = run_pm(@args);
	is "$code|$out|$err", "2||pm quarantine: $line\n", $name;
}

# One envelope and message of the injector's folder, or what is wrong.
sub copy_of {
	my ($name) = @_;
	my $bytes = slurp("$spool/inject/$name");
	my ($magic, $head, $n) = unpack 'a4 V/a Q<', $bytes;
	my $body = substr $bytes, 4 + 4 + length($head) + 8, $n;
	my ($from, @rcpts) = unpack 'V/a V/(V/a)', $head;
	return "$magic <$from> (@rcpts) $body" . substr $bytes, -4;
}

my ($code, $out, $err) = run_pm('list');
is $code, 3, 'without a quarantine: temporary';
is $err, "pm quarantine: var/lib/pm/quarantine: cannot list: "
	. "No such file or directory\n", '... and says which folder';

system('mkdir', '-p', "$root/var/lib/pm/quarantine",
	map { "$spool/$_" } qw(tmp new inject bad)) == 0 or die;
($code, $out, $err) = run_pm();
is "$code|$out|$err", "0|no such message is in the quarantine\n|",
	'an empty quarantine says so';

spew("$root/m", "Subject: =?utf-8?q?h=C3=A9llo?= \e[31mred\nFrom: X <x\@y>\n\nhi\n");
($code, $out, $err) = run_pm('add', "$root/m", qw(--rcpt a@b.example
	--rcpt c@d.example --reason Spam --sender s@t.example));
is "$code|$err", '0|', 'add';
my ($id) = $out =~ /^([0-9a-f-]{36})\n\z/ or BAIL_OUT("no id: $out");
sleep 0.01;
my (undef, $id2) = run_pm('add', "$root/m", '--rcpt', 'e@f.example',
	'--reason', 'Virus');
chomp $id2;

($code, $out) = run_pm();
my @lines = split /\n/, $out;
like $lines[0], qr/^ID +TIME \(UTC\) +REASON +SENDER +RECIPIENTS +SUBJECT$/,
	'list has a head';
like $lines[1], qr/^$id2  \d{4}-\d\d-\d\d \d\d:\d\d  Virus +<> +e\@f\.example +h/,
	'the newest first';
like $lines[2], qr/^$id  .*Spam +s\@t\.example +a\@b\.example,c\@d\.example +h\xc3\xa9llo \\x1b\[31mred$/,
	'control bytes of a subject do not reach the terminal';
is scalar @lines, 3, 'and nothing else';

(undef, $out) = run_pm('list', '--reason', 'viRus');
is scalar(split /\n/, $out), 2, '--reason';
like $out, qr/$id2/, '... finds the right one';
(undef, $out) = run_pm('list', '--rcpt', 'C@D');
like $out, qr/\n$id  [^\n]*\n\z/, '--rcpt, case ignored';
(undef, $out) = run_pm('list', '--sender', 'nobody');
is $out, "no such message is in the quarantine\n", '--sender';
(undef, $out) = run_pm('list', '--since', '1', '--json');
is scalar(split /\n/, $out), 2, '--since, one object a line';
my $json = decode_json((split /\n/, $out)[1]);
is $json->{id}, $id, 'json: id';
is $json->{state}, 'held', 'json: state';
is $json->{subject}, "h\x{e9}llo \e[31mred", 'json: subject';
is_deeply [map { $_->{rcpt} } @{$json->{recipients}}],
	['a@b.example', 'c@d.example'], 'json: recipients';
is $json->{size}, 63, 'json: size, with the line ends of SMTP';

(undef, $out) = run_pm('show', $id);
like $out, qr/^subject    h\xc3\xa9llo \\x1b\[31mred$/m, 'show: subject';
like $out, qr/^sender     <s\@t\.example>$/m, 'show: sender';
like $out, qr/^recipient  a\@b\.example\n {11}c\@d\.example$/m,
	'show: recipients';
like $out, qr/^because    added by \Q$me\E$/m, 'show: why';
(undef, $out) = run_pm('show', '--source', $id);
is $out, "Subject: =?utf-8?q?h=C3=A9llo?= \e[31mred\r\nFrom: X <x\@y>\r\n\r\nhi\r\n",
	'show --source: the bytes';

refused('release to a stranger',
	"z\@z.example is no recipient of $id: use forward",
	'release', $id, '--rcpt', 'z@z.example');
($code, $out, $err) = run_pm('release', $id);
is "$code|$out|$err", "0|$id released\n|", 'release';
is copy_of("$id-r1"), "pmC1 <s\@t.example> (a\@b.example c\@d.example) "
	. "Subject: =?utf-8?q?h=C3=A9llo?= \e[31mred\r\nFrom: X <x\@y>\r\n\r\nhi\r\nend!",
	'the injector gets the original for its recipients';
($code, $out, $err) = run_pm('release', $id);
like $err, qr/^pm quarantine: $id was released at 20\S+Z by \Q$me\E: use --again\n\z/,
	'a second release is refused';
is $code, 2, '... with exit code 2';
ok !-e "$spool/inject/$id-r2", '... and sends nothing';
($code) = run_pm('release', '--again', '--rcpt', 'c@d.example', $id);
is $code, 0, '--again';
like copy_of("$id-r2"), qr/^pmC1 <s\@t\.example> \(c\@d\.example\) Subj/,
	'... to one of them';
(undef, $out) = run_pm('list');
unlike $out, qr/$id/, 'a released message is not listed';
(undef, $out) = run_pm('list', '--all');
like $out, qr/^$id  \S+ \S+  released /m, '... but by --all';

($code) = run_pm('forward', $id2, '--rcpt', 'boss@b.example');
is $code, 0, 'forward';
like copy_of("$id2-r1"), qr/^pmC1 <> \(boss\@b\.example\) /,
	'... goes to the other address';
(undef, $out) = run_pm('list');
like $out, qr/^$id2 /m, '... and stays held';

($code, $out) = run_pm('delete', $id, $id2);
is "$code|$out", "0|$id deleted\n$id2 deleted\n", 'delete two';
is_deeply [grep { !/state$/ } glob "$root/var/lib/pm/quarantine/*/*"], [],
	'no body is left';
($code, $out, $err) = run_pm('release', $id);
like $err, qr/^pm quarantine: $id was deleted at 20\S+Z by \Q$me\E\n\z/,
	'a deleted message cannot be released';
(undef, $out) = run_pm('show', $id);
like $out, qr/^state      deleted$/m, 'but it still says what became of it';
like $out, qr/ \Q$me\E released to a\@b\.example c\@d\.example$/m,
	'... and who had released it to whom';

my $nobody = '0193fd23-0000-7000-8000-000000000000';
refused('unknown command', 'no command shwo: did you mean show?', 'shwo');
refused('no id', 'delete: which message? give its id: '
	. '`pm quarantine list` shows them', 'delete');
refused('a wrong id', 'x/../y is not a message id: '
	. '`pm quarantine list` shows them', 'show', 'x/../y');
refused('an id that is not there', "no message $nobody in the quarantine: "
	. '`pm quarantine list --all` shows them', 'release', $nobody);
refused('show of it', "no message $nobody in the quarantine: "
	. '`pm quarantine list --all` shows them', 'show', $nobody);
refused('mistyped option', 'unknown option --resaon: did you mean --reason?',
	'list', '--resaon', 'x');
refused('option of another command', 'delete has no --again',
	'delete', '--again', $nobody);
refused('forward to nobody', 'forward to whom? give --rcpt ADDRESS',
	'forward', $nobody);
refused('an address that would be a command',
	'--rcpt a>\\x0d\\x0aDATA: not an address',
	'forward', $nobody, '--rcpt', "a>\r\nDATA");
refused('add without a reason',
	'add needs --rcpt ADDRESS and --reason REASON', 'add', "$root/m");
refused('add of nothing', "/nonexistent: cannot open: "
	. 'No such file or directory', 'add', '/nonexistent', '--rcpt', 'a@b',
	'--reason', 'x');

(undef, my $id3) = run_pm('add', "$root/m", '--rcpt', 'a@b', '--reason', 'x');
chomp $id3;
my ($file) = glob "$root/var/lib/pm/quarantine/*/$id3";
truncate $file, 20 or die;
($code, $out, $err) = run_pm('list');
is $err, "pm quarantine: 1 entries could not be read: they are damaged or "
	. "not yours to read\n", 'a damaged entry is counted';
is $code, 3, '... with exit code 3';
refused('show of a damaged one',
	substr($file, length($root) + 1) . ': damaged or not a spool file',
	'show', $id3);

SKIP: {
	my $small = "$root/small";
	mkdir $small or die;
	$> == 0 && system('unshare', '-m', 'mount', '-t', 'tmpfs', '-o',
		'size=1m', 'none', $small) == 0
		or skip 'cannot mount a small disk here', 2;
	system('mkdir', '-p', "$small/var/lib/pm/quarantine") == 0 or die;
	spew("$root/big", "Subject: big\n\n" . "x\n" x 1_000_000);
	my $line = `unshare -m sh -c 'mount -t tmpfs -o size=1m none $small/var/lib/pm/quarantine && exec $pm quarantine add $root/big --root $small --rcpt a\@b --reason x' 2>&1`;
	is $line, 'pm quarantine: spool: no space left on '
		. 'var/lib/pm/quarantine (0 of 1 MB free): delete what is '
		. "not needed there or enlarge it\n", 'a full disk';
	is $? >> 8, 3, '... is temporary';
}

done_testing;
