#!/usr/bin/perl
# pm scan: what it prints, what it says of wrong input, and that one bad file
# costs no other.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);
use IO::Socket::UNIX;
use JSON::PP;
use MIME::Base64 ();
use POSIX qw(mkfifo);
use lib 'tests/lib';
use ZoneDns;

my $dns = ZoneDns->new({});
my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $corpus = abs_path($ENV{PM_CORPUS} // '../shared/corpus');
my $dir = tempdir(CLEANUP => 1);
my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-'
	. 'EMAIL*C.34X';
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';

sub put {
	my ($path, $text) = @_;
	open my $f, '>:raw', "$dir/$path" or die "$path: $!";
	print $f $text;
	close $f or die;
}

sub slurp {
	open my $f, '<:raw', "$dir/$_[0]" or die "$_[0]: $!";
	local $/;
	return <$f> // '';
}

sub start {
	my @args = @_;
	my $pid = fork() // die;
	if ($pid == 0) {
		chdir $dir or die;
		open STDIN, '<', "$dir/in" or die;
		open STDOUT, '>', "$dir/out" or die;
		open STDERR, '>', "$dir/err" or die;
		exec $pm, 'scan', @args, '--resolver', $dns->resolver or die;
	}
	return $pid;
}

# Runs pm scan in the folder; (exit code, stdout, stderr).
sub scan {
	my $pid = start(@_);
	waitpid $pid, 0;
	return ($? >> 8, slurp('out'), slurp('err'));
}

mkdir "$dir/$_" or die for qw(etc etc/pm etc/pm/policy etc/pm/lists many);
put('in', '');
put('etc/pm/wiring.lua', 'return { name = "mx1", site = "ours.example", '
	. 'roles = { "filter" }, domains = { "ours.example" }, '
	. 'networks = { "10.0.0.0/8" }, }');
put('etc/pm/policy/50-default.lua', do {
	open my $f, '<', 'lua/policy/50-default.lua' or die;
	local $/;
	<$f>
});
for my $list (glob 'lua/policy/lists/*') {
	my ($name) = $list =~ m{([^/]+)$};
	put("etc/pm/lists/$name", '');
}
put('etc/pm/lists/anti-spam-optouts', "out\@ours.example\n");
# What every mail program writes.
my $fields = "To: b\@ours.example\nMessage-ID: <1\@x.example>\n";
(my $crlf = $fields) =~ s/\n/\r\n/g;
put('plain.eml', "From: A <a\@x.example>\r\nSubject: hi\r\n$crlf\r\nhello\r\n");
put('gtube.eml', "From: A <a\@x.example>\nSubject: hi\n$fields\n$gtube\n");
my @root = ('--root', '.');
my $draft = "pm scan: judging by the draft: nothing is published\n";

{
	my ($code, $out, $err) = scan(@root, 'plain.eml', 'gtube.eml');
	is($code, 0, 'two files are judged');
	is($out, "plain.eml\tdeliver\t\t0 %\t\n"
		. "gtube.eml\tquarantine\tSpam\t100 %\tGTUBE\n", 'a line each');
	is($err, $draft, 'what judged');
}
{
	my ($code, $out) = scan(@root, '--json', '--rcpt', 'a@ours.example',
		'--rcpt', 'out@ours.example', 'gtube.eml');
	my $o = decode_json($out);
	is($o->{file}, 'gtube.eml', 'file');
	is($o->{action}, 'quarantine', 'action of the most severe recipient');
	is($o->{reason}, 'Spam', 'its reason');
	is($o->{trace}[-1]{said}, 'quarantine(Spam)', 'its trace');
	like($o->{trace}[-1]{where}, qr/^50-default\.lua:\d+$/, 'and where');
	is($o->{score}, 15000, 'score');
	is($o->{probability}, 100, 'probability');
	is_deeply($o->{hits}, [{ name => 'GTUBE', weight => 15000,
		evidence => 'test string in part 0' }], 'hits');
	is($o->{auth}{dkim}, 'none', 'who sent it');
	is($o->{parts}[0]{type}, 'text/plain', 'parts');
	is($o->{parts}[0]{size}, length($gtube) + 2, 'LF became CRLF');
	is_deeply($o->{urls}, [], 'urls');
	is_deeply($o->{flags}, [], 'flags');
	is_deeply([map { "$_->{rcpt} $_->{action}" } @{$o->{recipients}}],
		['a@ours.example quarantine', 'out@ours.example deliver'],
		'each recipient has his own');
	is_deeply($o->{recipients}[1]{lists}, [{ list => 'anti-spam-optouts',
		entry => 'out@ours.example' }], 'and the entry that decided');
}
{
	put('from.eml', "From: \"bank\@bank.example\" <x\@attack.example>\n"
		. "Subject: x\n$fields"
		. "Date: Fri, 32 Jul 2026 10:00:00 +0000\n\nx\n");
	my ($code, $out) = scan(@root, '--json', 'from.eml');
	is_deeply([map { "$_->{name} $_->{weight} $_->{evidence}" }
		@{decode_json($out)->{hits}}], ['FROM_NAME_ADDRESS 900 '
		. '"bank@bank.example" <x@attack.example>',
		'DATE_INVALID 500 Fri, 32 Jul 2026 10:00:00 +0000'],
		'a name that is another address, a day that is none');
}
{
	my $zip = 'UEsDBBQAAAAAAAAAIQDsMP4VFgAAABYAAAAGAAAAcC5odG1sPGEgaHJlZj0i'
		. 'aHR0cDovL3guZXgiPlBLAQIUAxQAAAAAAAAAIQDsMP4VFgAAABYAAAAGAAAA'
		. 'AAAAAAAAAACAAQAAAABwLmh0bWxQSwUGAAAAAAEAAQA0AAAAOgAAAAAA';
	put('zip.eml', "From: A <a\@x.example>\nContent-Type: multipart/mixed;"
		. " boundary=b\n\n--b\nContent-Type: text/html\n\n<p>hi<span "
		. "style='display:none'>secret</span>\n--b\nContent-Type: "
		. "application/zip; name=a.zip\nContent-Transfer-Encoding: "
		. "base64\n\n$zip\n--b--\n");
	my ($code, $out) = scan(@root, '--json', 'zip.eml');
	my $o = decode_json($out);
	is("$o->{parts}[1]{hidden} @{$o->{parts}[1]{hidden_by}}", '6 display',
		'text that is not seen');
	is($o->{parts}[2]{true_type}, 'zip', 'an archive');
	is(join(' ', map { "$_->{path} $_->{size}" }
		@{$o->{parts}[2]{members}}), 'p.html 22', 'what is in it');
	is_deeply($o->{urls}, ['http://x.ex'], 'and where that leads');
}
{
	my (undef, $out) = scan(@root, '--ip', '10.9.9.9', 'gtube.eml');
	like($out, qr/\tdeliver\t/, 'an internal relay sends no spam');
	put('etc/pm/lists/blocked-relays', "198.51.100.0/24\n");
	(undef, $out) = scan(@root, '--ip', '198.51.100.3', 'plain.eml');
	like($out, qr/\tquarantine\tBlocked\t/, 'a blocked relay');
}
{
	put('etc/pm/lists/valid-recipients', "a\@ours.example\n");
	my (undef, $out) = scan(@root, '--json', '--rcpt', 'a@ours.example',
		'--rcpt', 'b@ours.example', 'plain.eml');
	my $o = decode_json($out);
	is_deeply([map { "$_->{action} $_->{reason}" } @{$o->{recipients}}],
		['deliver ', 'reject Rejected'],
		'an unknown recipient is refused, as before DATA');
	put('etc/pm/lists/valid-recipients', '');
}
{
	my ($code, $out, $err) = scan(@root, 'no.eml', 'plain.eml');
	is($code, 2, 'a file that is not there: exit 2');
	is($err, "${draft}pm scan: no.eml: cannot open: No such file or directory\n",
		'said in one line');
	is($out, "plain.eml\tdeliver\t\t0 %\t\n", 'the other is judged');
	($code, undef, $err) = scan(@root);
	is($err, "pm scan: which message? usage: pm scan FILE...\n", 'usage');
	($code, undef, $err) = scan(@root, '--jsn', 'plain.eml');
	is($err, "pm scan: unknown option --jsn: did you mean --json?\n",
		'a mistyped option');
	($code, undef, $err) = scan(@root, '--ip', 'x', 'plain.eml');
	is($err, "pm scan: --ip x: is no IP address\n", 'a wrong address');
}
{
	mkdir "$dir/drafts" or die;
	put('drafts/10.lua', "local p = policy('p')\n"
		. "p:rule('x', function(m) return m.y.z end)\n");
	my ($code, $out) = scan(@root, '--policy', 'drafts', 'plain.eml');
	is($code, 0, 'a failing rule is an answer, too');
	is($out, "plain.eml\ttempfail\t10.lua:2: rule \"x\": message has no "
		. "field \"y\" (Message-ID 1\@x.example)\t0 %\t\n", 'it names file, line and rule');
}
{
	put('in', slurp('gtube.eml'));
	my (undef, $out) = scan(@root, '-');
	is($out, "-\tquarantine\tSpam\t100 %\tGTUBE\n", 'standard input');
	mkdir "$dir/bare" or die;
	my ($code, $out2, $err) = scan('--root', 'bare', 'gtube.eml',
		'gtube.eml');
	is($err, "pm scan: no etc/pm/wiring.lua below bare: judging with the "
		. "policy that is in this executable\n", 'no site: said once');
	like($out2, qr/quarantine\tSpam/, 'and judged all the same');
}
{
	# The worker is killed while the keeper waits for a file's bytes.
	mkfifo("$dir/slow", 0600) or die;
	my $pid = start(@root, '--json', 'plain.eml', 'slow', 'gtube.eml');
	open my $fifo, '>', "$dir/slow" or die;
	open my $children, '<', "/proc/$pid/task/$pid/children" or die;
	my @kids = split ' ', <$children> // '';
	is(scalar @kids, 2, 'a worker and a broker');
	kill 'SEGV', $kids[-1];
	print $fifo "Subject: x\n\nx\n";
	close $fifo;
	waitpid $pid, 0;
	my @lines = map { decode_json($_) } split /\n/, slurp('out');
	is($? >> 8, 2, 'a dead worker: exit 2');
	is($lines[0]{action}, 'deliver', 'the file before is judged');
	like($lines[1]{error}, qr/^slow: not judged: the scanner (was|ended) /,
		'this one has an error of its own');
	is($lines[2]{action}, 'quarantine', 'and the next one is judged');
}
SKIP: {
	# A virus engine that finds, and one that is not there.
	my $server = IO::Socket::UNIX->new(Local => "$dir/clamd.sock",
		Listen => 5) or skip "no unix socket: $!", 3;
	my $pid = fork() // die;
	if ($pid == 0) {
		while (my $c = $server->accept) {
			my $got = '';
			1 while $got !~ /\0{4}\z/ && sysread $c, $got, 65536,
				length $got;
			print $c "stream: Test.Virus FOUND\0";
			close $c;
		}
		exit 0;
	}
	my (undef, $out) = scan(@root, '--clamd', 'unix:clamd.sock',
		'plain.eml');
	is($out, "plain.eml\tquarantine\tVirus\t0 %\tVIRUS\n", 'found');
	kill 'KILL', $pid;
	waitpid $pid, 0;
	close $server;
	unlink "$dir/clamd.sock";
	(undef, $out) = scan(@root, '--json', '--clamd', 'unix:clamd.sock',
		'plain.eml');
	my $o = decode_json($out);
	is("$o->{action} $o->{reason}", 'tempfail virus scanner busy',
		'no engine: try again, never let through');
	is_deeply($o->{flags}, ['later-virus'], 'and the flag says why');
}
{
	put("many/$_.eml", "Subject: $_\n\n$gtube\n") for 1 .. 300;
	my ($code, $out) = scan(@root, '--dir', 'many');
	is($code, 0, 'a folder of 300');
	is(scalar(() = $out =~ /\tquarantine\tSpam\t/g), 300, 'all judged');
}
{
	put('zero.eml', '');
	put('nul.eml', "Subject: a\0b\n\n\0\0\n");
	put('line.eml', "Subject: x\n\n" . 'x' x 5_000_000);
	my ($code, $out) = scan(@root, 'zero.eml', 'nul.eml', 'line.eml');
	is($code, 0, 'no bytes, NULs, one long line');
	is(scalar(() = $out =~ /\tdeliver\t/g), 3, 'all have an answer');
}
{
	# The converters were opened before the sandbox closed.
	my $head = "From: a\@x.example\r\nSubject: x\r\n$crlf" .
		"Content-Type: text/plain; charset=";
	put('koi8.eml', "${head}koi8-r\r\n\r\n\xf0\xd2\xc9\r\n");
	put('martian.eml', "${head}x-martian\r\n\r\n\xf0\r\n");
	put('wide.eml', "${head}us-ascii\r\n"
		. "Content-Transfer-Encoding: base64\r\n\r\n"
		. MIME::Base64::encode(pack('v*', 0xfeff, unpack 'C*', $gtube)));
	put('uu.eml', "From: a\@x.example\r\n\r\nHi\r\n"
		. "begin 644 a.txt\r\n#0V%T\r\nend\r\n");
	my (undef, $out) = scan(@root, '--json', 'koi8.eml', 'martian.eml',
		'wide.eml', 'uu.eml');
	my @o = map { decode_json($_) } split /\n/, $out;
	is_deeply($o[0]{flags}, [], 'a text in KOI8-R');
	is_deeply($o[1]{flags}, ['other-charset'], 'a charset of nobody');
	is_deeply($o[2]{flags}, ['ambiguous-charset'], 'a label that is wrong');
	is($o[2]{hits}[0]{name}, 'GTUBE', 'and what it hides');
	is($o[3]{parts}[1]{name}, 'a.txt', 'a uuencoded file is a part');
	is($o[3]{parts}[1]{size}, 3, 'of its own size');
}
SKIP: {
	skip 'no corpus beside the repository', 2
		unless $corpus && -r "$corpus/mail-dev.tar.xz";
	mkdir "$dir/corpus" or die;
	system('tar', '-xJf', "$corpus/mail-dev.tar.xz", '-C', "$dir/corpus",
		'--wildcards', '*foff-2025/*.eml');
	my @files = glob "$dir/corpus/{,*/}foff-2025/*/*.eml";
	skip 'that corpus has no set foff-2025', 2 unless @files;
	my ($code, $out) = scan(@root, '--json', @files);
	is($code, 0, 'real mail');
	my @wrong = grep {
		my $o = decode_json($_);
		my $sum = 0;
		$sum += $_->{weight} for @{$o->{hits}};
		$sum != $o->{score} || !$o->{action}
	} split /\n/, $out;
	is(scalar @wrong, 0, 'weights sum to the score, ' . @files . ' times');
}
done_testing();
