#!/usr/bin/perl
# The golden headers of tests/mail/authors through Postfix and the filter:
# what is in doubt for clients carries the flag when it is judged, the rest
# does not, and nothing is lost.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

# Postfix takes a first line that is no field for the body: there is no From
# left that anybody could see. A header is cut at NUL before we see it.
my %other = (
	'a09-leading-space' => 'delivered',
	'a11-folded-name' => 'delivered',
	'a12-sender' => 'delivered',
	'a13-resent-from' => 'delivered',
	'b18-nul' => 'delivered',
);

my $app = Appliance->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("authors", function(m, rcpt, plan)
	for _, word in ipairs(m.flags) do
		if word == "ambiguous-from" then
			return quarantine("Suspect")
		end
	end
end)
LUA
$app->setup->start;

sub slurp {
	my ($path) = @_;
	open my $f, '<', $path or die "$path: $!";
	local $/;
	return <$f>;
}

my %want;
for my $path (glob "$FindBin::Bin/authors/*.eml") {
	my ($case) = $path =~ m{([^/]+)\.eml\z};
	my $text = slurp($path);
	(my $ref = $path) =~ s/eml\z/ref/;
	$want{$case} = $other{$case} //
		(slurp($ref) =~ /^ambiguous$/m ? 'kept' : 'delivered');
	$text =~ s/^Subject: .*$/Subject: $case/m;
	my $r = $app->send_mail(from => 'x@attack.example',
		rcpts => ['victim@example.org'], message => $text);
	is($r->{code}, 250, "$case is taken") or diag($r->{text});
}
is(Soak::settle($app, 20), '', 'spool and queue run empty');

my %got;
$got{$_->{subject}} .= 'kept' for $app->quarantined;
for my $path ($app->delivered('victim@example.org')) {
	my ($case) = slurp($path) =~ /^Subject: (.*)$/m;
	$got{$case} .= 'delivered';
}
is_deeply(\%got, \%want, 'kept is what is in doubt, each once');
ok($app->stop, 'stops within the deadline');
done_testing;
