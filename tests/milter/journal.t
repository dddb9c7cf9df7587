#!/usr/bin/perl
# What the journal says of each message, and of each refusal before DATA: who
# had which outcome, and why. It is in the file before the answer.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Filter;
use Journal;

alarm 60;
my $f = Filter->new(mta => '', policy => <<'LUA');
local p = policy("p", function() return true end)
p:at_mail("sender", function(s)
	if s.mail_from == "evil@example.net" then
		return reject("5.7.1", "go away")
	end
end)
p:at_rcpt("known", function(s, rcpt)
	if rcpt.local_part == "nobody" then
		return reject("5.1.1", "no such user")
	end
	if rcpt.local_part == "broken" then return nothing.at.all end
end)
p:rule("by name", function(m, rcpt, plan)
	local n = rcpt.local_part
	if n == "held" then return quarantine("Spam") end
	if n == "refused" then return reject("5.7.1", "unwanted") end
	if n == "gone" then return discard() end
	if n == "moved" then return redirect("x@example.org") end
	if n == "later" then return tempfail("not now") end
	if n == "tagged" then plan:prefix_subject("[TAG]") end
	plan:add_header("X-Seen", "yes")
end)
LUA
my $seen = 0;

# The records since the last look.
sub news {
	my @all = map { Journal::read_file($_) }
		glob "$f->{root}/var/lib/pm/spool/journal/2*";
	my @new = @all[$seen .. $#all];
	$seen = @all;
	return @new;
}

# "outcome/reason: name name; …" of a record, in the order of the envelope.
sub story {
	my ($r) = @_;
	my @said;
	for my $g (@{ $r->{groups} }) {
		my ($outcome, $reason, undef, undef, @who) = @$g;
		$said[$_] = ($r->{rcpts}[$_] =~ s/@.*//r) . "=$outcome" .
			($reason eq '' ? '' : "/$reason") for @who;
		push @said, "$outcome/$reason" unless @who;
	}
	return join ' ', @said;
}

sub sent {
	my ($subject, @names) = @_;
	my $m = $f->session;
	my $r = $m->transaction('a@example.net',
		[map { "$_\@example.org" } @names], "Subject: $subject\n" .
		"From: A <a\@x>\nMessage-ID: <\x01id\@x>\n\nx\n");
	my @new = news();
	is(scalar @new, 1, "$subject: one record");
	return ($r, @new);
}

my ($answer, $r) = sent('plain', 'bob');
is(story($r), 'bob=delivered', 'an added header is no tag');
is("$r->{appliance} $r->{from} $r->{subject} $r->{header_from}",
	'demo a@example.net plain a@x', 'what people see of it');
is($r->{message_id}, '\x01id@x', 'the Message-ID, safe to show');
cmp_ok($r->{size}, '>', 40, 'its size');
cmp_ok(length $r->{facts}, '>', 10, 'its facts');
like($r->{groups}[0][3], qr{^p/by name 50-test\.lua:\d+: add_header}m,
	'how it was decided');

(undef, $r) = sent('mixture', qw(bob held refused gone moved tagged));
is(story($r), 'bob=delivered held=quarantined/Spam ' .
	'refused=quarantined/Rejected gone=discarded moved=redirected ' .
	'tagged=tagged', 'each recipient has his own outcome');
is($r->{groups}[0][2], '', 'the sender was told nothing');

($answer, $r) = sent('refused', 'refused');
is(story($r), 'refused=rejected/Rejected', 'a refused message');
is($r->{groups}[0][2], '550 5.7.1 unwanted', 'and what the sender was told');

($answer, $r) = sent('deferred', 'bob', 'later');
is(story($r), 'bob=deferred later=deferred', 'one later defers all');
is($r->{groups}[0][2], $answer->{text} =~ s/^y //r,
	'and what the sender was told');

my $m = $f->session;
$m->mail('a@example.net');
$m->rcpt('bob@example.org');
$m->rcpt('nobody@example.org');
my ($no) = news();
is(story($no), 'nobody=rejected/Rejected', 'a recipient refused before DATA');
is("$no->{size} $no->{groups}[0][2] $no->{from}",
	'0 550 5.1.1 no such user a@example.net', 'with size 0 and the words');
like($no->{groups}[0][3], qr{^p/known 50-test\.lua:\d+}, 'and the rule');
$m->rcpt('broken@example.org');
my ($broken) = news();
is(story($broken), 'broken=deferred', 'a failing rule defers');
like($broken->{why}, qr/50-test\.lua:\d+/, 'and the record says which');
$m->content("Subject: after\n\nx\n");
$m->end_of_message;
my ($after) = news();
is(story($after), 'bob=delivered', 'the others go on');
is(scalar(keys %{{ map { $_->{id} => 1 } $no, $broken, $after }}), 3,
	'each record has an id of its own');

$m = $f->session;
$m->mail('evil@example.net');
is(story((news())[0]), 'rejected/Rejected', 'a refused session: no recipient');

# Front dies without a word after its answer.
$f->answer("Subject: last\n\nx\n");
kill 'KILL', $f->{pids}{front};
waitpid $f->{pids}{front}, 0;
is((news())[0]{subject}, 'last', 'a record outlives its front');
done_testing;
