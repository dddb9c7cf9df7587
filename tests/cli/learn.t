#!/usr/bin/perl
# pm quarantine release --learn, report, restore --learn: what is decided of
# withheld mail teaches the classifier, once for each message.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);
use JSON::PP qw(decode_json);

$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $root = tempdir(CLEANUP => 1);
mkdir "$root/$_" for qw(var var/lib var/lib/pm var/lib/pm/spool);
mkdir "$root/var/lib/pm/spool/$_" for qw(tmp new inject bad);
mkdir "$root/var/lib/pm/quarantine";

sub pm {
	my (@args) = @_;
	my $out = `$pm @args 2>&1`;
	return "$out" . ($? >> 8);
}

sub quarantine { return pm('quarantine --root', $root, @_) }

my $text = 'our webinar about storage for modern plants begins on monday, ' .
	'reserve a seat with the organisers, places are few';
open my $f, '>', "$root/mail" or die;
print $f "From: ann\@events.example\nTo: b\@ours.example\nSubject: seats\n" .
	"\n$text\n";
close $f;

sub weight {
	my $o = decode_json(`$pm scan --root $root --json $root/mail 2>/dev/null`);
	my ($hit) = grep { $_->{name} eq 'CONTENT_FEEDBACK' } @{$o->{hits}};
	return $hit ? $hit->{weight} : 0;
}

sub add {
	my ($id) = quarantine('add', "$root/mail", '--rcpt b@ours.example',
		'--reason Spam') =~ /^(\S+)\n0$/;
	return $id;
}

sub files { return grep { !/content/ } glob "$root/var/lib/pm/feedback/*" }
sub reports { return scalar files() }

sub said {
	open my $in, '<', (files())[0] or return 'nothing';
	return (split ' ', <$in>)[0];
}

my $id = add();
is(quarantine('report', $id), "$id learnt as spam\n0", 'reported');
my $spam = weight();
cmp_ok($spam, '>', 0, 'it counts');
is(quarantine('report', $id), "$id learnt as spam\n0", 'reported again');
is(weight(), $spam, '… counts once');
is(reports(), 1, '… as one');
is(quarantine('report', $id, '--undo'), "$id no longer counts\n0", 'undone');
is(weight(), 0, '… and counts no more');
is(quarantine('report', $id, '--user', 'ann'), "$id learnt as spam\n0",
	'a user says so');
is(quarantine('report', $id, '--user', 'bob'), "$id learnt as spam\n0",
	'and another');
is(reports(), 2, 'each has a say');
is(quarantine('report', $id, '--undo'),
	"pm quarantine: $id: was not learnt\n2", 'no administrator did');
quarantine('report', $id, '--undo', '--user', $_) for qw(ann bob);
is(quarantine('report', $id, '--undo'),
	"pm quarantine: $id: was not learnt\n2", 'there is nothing more');

is(quarantine('release', $id, '--learn'),
	"$id released\n$id learnt as wanted\n0", 'released and learnt');
cmp_ok(weight(), '<=', 0, 'it counts for mail');
is(said(), 'ham', '… as what it is');
like(quarantine('release', $id, '--learn'), qr/\n2$/, 'not released twice');
is(reports(), 1, 'still one report');

my $again = add();
is(quarantine('report', $again), "$again learnt as spam\n0",
	'the same content, another copy');
is(reports(), 1, '… replaces what was said of it');
is(quarantine('release', $again), "$again released\n0",
	'a release alone teaches nothing');
is(weight(), $spam, '… nothing has changed');

my $gone = add();
quarantine('delete', $gone);
like(quarantine('report', $gone), qr/^pm quarantine: \Q$gone\E was deleted/,
	'deleted: nothing to learn from');
is(quarantine('forward', $gone, '--learn'),
	"pm quarantine: forward has no --learn\n2", 'not with every order');
done_testing;
