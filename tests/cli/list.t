#!/usr/bin/perl
# pm list: lists as people change them; what is wrong, and what others bring.
use strict;
use warnings;
use lib 'tests/lib';
use Appliance;
use File::Path qw(make_path);
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

my $app = Appliance->new(roles => '"filter"', lists => {
	'blocked-senders' => ['# whom we know', 'Spam@example.net  # a friend',
		'', '*@bad.example'] })->setup;
my $root = $app->{root};
my $file = "$root/etc/pm/lists/blocked-senders";

sub put {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
	return $path;
}

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or return "no $path";
	local $/;
	return <$in>;
}

# (exit code, all it says)
sub list {
	my $out = `$ENV{PM} list --root $root @_ 2>&1`;
	return ($? >> 8, $out);
}

sub says {
	my ($args, $code, $want, $name) = @_;
	my ($got, $out) = list($args);
	is($got, $code, "$name: exit code") or diag $out;
	ref $want ? like($out, $want, $name) : is($out, $want, $name);
}

says('', 0, qr/^blocked-senders +mixed +2$/m, 'names');
says('names --json', 0,
	qr/\{"name":"blocked-senders","type":"mixed","entries":2,"state":""\}/,
	'names as JSON');
says('items blocked-senders', 0, "Spam\@example.net\n*\@bad.example\n",
	'items');
says('items blocked-senders --match BAD --json', 0,
	"[\"*\@bad.example\"]\n", 'some of them, as JSON');
says('describe blocked-senders', 0, "whom we know\n", 'what it is');

my $live = qr/generation \d+ is active, the filter takes it at its start/;
says('add blocked-senders new@example.net other.example', 0,
	qr/\A2 added: $live/, 'two more');
is(slurp($file), "# whom we know\nSpam\@example.net  # a friend\n\n" .
	"*\@bad.example\nnew\@example.net\nother.example\n",
	'the file keeps its comments and order');
says('test blocked-senders x@other.example', 0,
	"on blocked-senders by other.example (line 6)\n", 'one is found');
says('test blocked-senders x@fine.example', 1, "not on blocked-senders\n",
	'one is not');
says('add blocked-senders SPAM@example.net', 2, 'pm list: blocked-senders: ' .
	"SPAM\@example.net is on the list already (line 2)\n", 'a duplicate');
says(q{add blocked-senders 'SPAM@example.net # again'}, 2,
	qr/is on the list already/, 'a comment makes no other');
says('add blocked-senders y@example.net y@example.net', 0, qr/\A1 added, /,
	'twice in one breath');
says('remove blocked-senders spam@example.net Y@example.net', 0,
	qr/\A2 removed: $live/, 'two less');
says('remove blocked-senders nobody@example.net', 2, 'pm list: ' .
	"blocked-senders: nobody\@example.net is not on the list\n",
	'one that is not there');
unlike(slurp($file), qr/Spam/, 'the line is gone');
says('add blocked-senders "a b@c d"', 2, qr/\Apm list: blocked-senders:\d+: /,
	'no entry of such a list');
says('add nowhere/else x', 2, 'pm list: "nowhere/else" is no name of a list: ' .
	"letters, digits, - _ . + and =\n", 'a name that leads elsewhere');
says('items no-such', 2, qr/\Apm list: there is no list "no-such" in force: /,
	'no such list');
says('itmes x', 2, 'pm list: unknown verb "itmes", did you mean "items"?: ' .
	"pm help list tells all\n", 'no such verb');
says('add x', 2, "pm list: usage: pm list add LIST ENTRY…\n", 'too few');

# A user's own part; another type; a map.
says('add approved-senders --user B@Example.org friend@example.net', 0,
	qr/\A1 added: /, "a user's own part");
says('test approved-senders --user b@example.org friend@example.net', 0,
	"on approved-senders#b\@example.org by friend\@example.net (line 1)\n",
	'it is his own');
says('test approved-senders friend@example.net', 1, "not on " .
	"approved-senders\n", 'and of nobody else');
says('create words --type re --about "what we ban"', 0, qr/\Achanged: /,
	'a list of a type');
says(q{add words '^win a (car|house)$'}, 0, qr/\A1 added: /, 'a pattern');
says(q{add words 'win (a'}, 2, qr/\Apm list: words:\d+: /, 'no pattern');
says(q{test words 'Win a house'}, 0,
	"on words by ^win a (car|house)\$ (line 3)\n", 'it fits');
says('create words', 2, qq{pm list: there is a list "words" already\n},
	'one that is there');
says('create homes --type map', 0, qr/\Achanged: /, 'a map');
says(q{add homes 'a@example.org b@example.org'}, 0, qr/\A1 added/,
	'a key and its value');
says(q{add homes 'A@example.org c@example.org'}, 2, qr/is on the list already/,
	'the same key');
says('test homes a@example.org', 0, "b\@example.org\n", 'its value');
says('delete homes', 0, qr/\Achanged: /, 'it goes');
is(slurp("$root/etc/pm/lists/homes"), "no $root/etc/pm/lists/homes",
	'with its file');

# What else is new in the draft stays there.
put("$root/etc/pm/lists/trusted-relays", "192.0.2.7\n");
put("$root/etc/pm/policy/zz.lua", "nonsense(");
says('add trusted-relays 192.0.2.8', 0, qr/\A1 added: $live/,
	'beside a draft that is wrong');
says('items trusted-relays', 0, "192.0.2.8\n", 'only that is in force');
says('items trusted-relays --draft', 0, "192.0.2.7\n192.0.2.8\n",
	'the draft has both');
says('names', 0, qr/^trusted-relays .* the draft differs$/m, 'names says so');
says('add trusted-relays --draft 192.0.2.9', 0,
	"1 added in the draft; in force after pm policy publish\n",
	'the draft only');
unlink "$root/etc/pm/policy/zz.lua";

# --- imports ----------------------------------------------------------------

my $in = put("$root/in", "# PureMessage\n*\@a.example\nb.example\n" .
	"!c\@b.example\n*\@bad.example\nwhat is this\n");
says("import blocked-senders $in --from puremessage --dry-run", 0,
	qr/^\Q$in\E:6: what is this .*\nblocked-senders: 4 entries\n1 could not/,
	'what it would do');
says("import blocked-senders $in --from puremessage", 0,
	qr/^1 could not be taken\n3 added, 1 there already: /m,
	"PureMessage's");
put("$root/in", "Found RULE 4 (prio: 98, in, active): Blacklist\n" .
	"  FOUND FROM GROUP 2: Blacklist\n    OBJECT 3: x\@pmg.example\n" .
	"    OBJECT 4: pmg.example\n    OBJECT 6: .*\@pattern\\.example\n" .
	"  FOUND ACTION GROUP 17: Block\n    OBJECT 18: block\n" .
	"  FOUND FROM GROUP 9: Whitelist\n    OBJECT 5: good\@pmg.example\n");
says("import blocked-senders $in --from pmg", 2, "pm list: $in: say which " .
	"with --group: \"Blacklist\", \"Whitelist\"\n",
	"of Proxmox's groups one must be named");
says("import blocked-senders $in --from pmg --group Blacklist", 0,
	qr/:5: .*regular expression.*\n1 could not be taken\n2 added: /s,
	'and that one is taken');
unlike((list('items blocked-senders'))[1], qr/good|^block$/m, 'no other');
put("$root/in", "INSERT INTO `users` VALUES ('x','y','z');\n" .
	"INSERT INTO `blacklist` VALUES\n(1,'default','','sql\@mw.example')," .
	"\n(2,'o\\'x\@ours.example','ours.e','mw.example'),\n" .
	"(3,'bob\@ours.example','ours.example','m\@mw.example')," .
	"(4,'ours.example','ours.example','d\@mw.example');\n" .
	"INSERT INTO `whitelist` VALUES (1,'default','','good\@mw.example');\n");
says("import blocked-senders $in --from mailwatch", 2, "pm list: $in: say " .
	"which with --group: \"blacklist\", \"whitelist\"\n",
	"of MailWatch's tables, too");
says("import blocked-senders $in --from mailwatch --group blacklist", 0,
	qr/:5: ours\.example is a whole domain.*:4: o'x.*2 added: /s,
	'and that one is taken, over lines');
unlike((list('items blocked-senders'))[1], qr/good/, 'no other');
says('items blocked-senders --user bob@ours.example', 0, "m\@mw.example\n",
	'with parts of users');
put("$root/in", "to_address,to_domain,from_address\ndefault,,t\@mw.example\n");
says("import blocked-senders $in --from mailwatch", 0, qr/\A1 added: /,
	'as a table');
put("$root/in", "r.example 5.0\n/^x\@.*/i\n198.51.100.0/24\n");
says("import blocked-senders $in --from rspamd", 0,
	qr/:2: .* is a regular expression: import it.*\n2 added: /s, "rspamd's");
put("$root/in", "/^offer [0-9]+/i\t4.0\n/^Case/\n");
says("import words $in --from rspamd", 0, qr/:2: .* minds case.*1 added: /s,
	'its patterns into a list of them');
says("import words $in --from rspam", 2, "pm list: --from rspam: is no " .
	"format, did you mean \"rspamd\"?\n", 'no format');
make_path("$root/users");
put("$root/users/u\@ours.example", "f1\@u.example\nf2\@u.example\n");
says("import approved-senders $root/users --from puremessage", 0,
	qr/\A2 added: /, 'a folder of users');
says('items approved-senders --user u@ours.example', 0,
	"f1\@u.example\nf2\@u.example\n", 'is their parts');

# Many, and two at once.
put("$root/in", join '', map { "u$_\@many.example\n" } 1 .. 100_000);
my $start = time;
says("import blocked-senders $in", 0, qr/\A100000 added: /, 'a hundred ' .
	'thousand');
note sprintf '%.1f s', time - $start;
my @pids;
for my $n (1 .. 6) {
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>', '/dev/null';
		exec $ENV{PM}, 'list', '--root', $root, 'add',
			'trusted-relays', "203.0.113.$n" or POSIX::_exit(127);
	}
	push @pids, $pid;
}
waitpid $_, 0 for @pids;
is(join(' ', sort split /\n/, (list('items trusted-relays --match ' .
	'203.0.113.'))[1]), join(' ', map { "203.0.113.$_" } 1 .. 6),
	'nothing of six at once is lost');
done_testing;
