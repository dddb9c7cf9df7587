#!/usr/bin/perl
# What rspamd's own tests expect of MIME parts, file names, types and
# documents, case by case: met by the facts of pm scan, or explained.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use FindBin;
use JSON::PP;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Corpus;
use ZoneDns;

my $conf = Corpus::conf();
plan skip_all => 'no conf-dev.tar.xz beside the checkout' unless $conf;
my $dir = "$conf/conf-dev/rspamd";
my $dns = ZoneDns->new({});
my $ours = qr{105_mimetypes|281_fnames|350_magic};
my $symbols = qr{MIME_HTML_ONLY|ZERO_FONT|MANY_INVISIBLE|BROKEN_CONTENT_TYPE|
	PDF_|R_MISSING_CHARSET|R_PARTS_DIFFER}x;
my $bad = qr{exe|scr|msi|bat|com|pif|cmd|vbs|js|lnk|hta};

my %explained = (
	'MIME_ARCHIVE_IN_ARCHIVE' => 'one that is only renamed',
	'R_PARTS_DIFFER' => 'a comparison of texts: a rule, not a fact',
	'FORGED_OUTLOOK_HTML' => 'a rule about mailers',
	'MIME_BAD_ATTACHMENT' => 'a rule of types',
	'MANY_INVISIBLE_PARTS' => 'a count of tags; hidden text is told by ' .
		'its bytes and by what hides it',
);

# Of one case: FILE SYMBOL.
my %differs = (
	'alternative-nested-rfc822.eml MIME_HTML_ONLY' =>
		'the message inside has both; its parts are facts, too',
	'alt-html-calendar.eml MIME_HTML_ONLY' =>
		'a calendar counts as text there',
	'exe_attm.eml MIME_BAD_EXTENSION' => 'a white list of names is policy',
	'fws_fn.eml BROKEN_CONTENT_TYPE' =>
		'a line of one blank ends its header for some clients (B32)',
	'broken_richtext.eml BROKEN_CONTENT_TYPE' =>
		'a folded boundary is no doubt',
);

my %judged;
sub facts {
	my ($file) = @_;
	return $judged{$file} //= do {
		# All at once would take less; one tells which file it was.
		my $pid = open(my $p, '-|') // die "fork: $!";
		if (!$pid) {
			open STDERR, '>', '/dev/null';
			exec $ENV{PM} // 'build/pm', 'scan', '--json',
				'--resolver', $dns->resolver, "$dir/$file";
			die;
		}
		binmode $p;
		my $json = <$p>;
		close $p;
		decode_json($json);
	};
}

# Names of files, and of those in archives.
sub names {
	my ($f) = @_;
	return map { my $p = $_; ($p->{name}, map { $_->{path} =~ s{.*/}{}r }
		@{ $p->{members} }) } @{ $f->{parts} };
}
sub content {
	my ($f, $word) = @_;
	return grep { $_ eq $word } map { @{ $_->{content} } } @{ $f->{parts} };
}
sub strict { return grep { $_->{origin} eq 'entity' } @{ $_[0]{parts} } }
sub has_flag { my ($f, $w) = @_; return grep { $_ eq $w } @{ $f->{flags} } }

# A last extension that runs, behind one that people know.
sub double {
	return grep { /\.(?:pdf|docx?|xlsx?|jpe?g|txt|scr)\s*\.(?:$bad|xz)\z/i }
		names($_[0]);
}

my %said = (
	MIME_BAD_EXTENSION => sub {
		my ($f, $want) = @_;
		my @found = map { /\.($bad)\z/i ? lc $1 : () } names($f);
		return length $want ? "@found" =~ /\b\Q$want\E\b/ : @found;
	},
	MIME_DOUBLE_BAD_EXTENSION => sub { scalar double($_[0]) },
	MIME_HTML_ONLY => sub {
		my %type = map { $_->{type} => 1 } grep { $_->{depth} == 0 ||
			$_->{disposition} ne 'attachment' } strict($_[0]);
		return $type{'text/html'} && !$type{'text/plain'};
	},
	ZERO_FONT => sub {
		grep { $_ eq 'font' } map { @{ $_->{hidden_by} // [] } }
			@{ $_[0]{parts} };
	},
	BROKEN_CONTENT_TYPE => sub {
		has_flag($_[0], 'ambiguous-field') ||
			has_flag($_[0], 'ambiguous-boundary');
	},
	R_MISSING_CHARSET => sub { 0 },
	PDF_ENCRYPTED => sub { content($_[0], 'encrypted') },
	PDF_JAVASCRIPT => sub { content($_[0], 'script') },
	TEST_FNAME => sub {
		my ($f, $want) = @_;
		return grep { $_ eq $want } names($f);
	},
);
# Its words for types, where ours differ.
my %type = (DOC => 'doc', SEVENZ => '7z');

sub magic {
	my ($f, $symbol) = @_;
	my ($word, $n) = $symbol =~ /^MAGIC_SYM_(\w+?)_(\d+)$/;
	my @is = map { $_->{true_type} } grep { $_->{type} !~ /^multipart/ }
		strict($f);
	return grep { lc $word eq $_ || ($type{$word} // '') eq $_ } @is;
}

sub check {
	my ($file, $case, $symbol, $option, $not) = @_;
	my $f = facts($file);
	my $why = $differs{"$file $symbol"} //
		($not ? undef : $explained{$symbol});
	if ($why) {
		pass("$case: $symbol: $why");
	} elsif ($symbol =~ /^MAGIC/) {
		ok(magic($f, $symbol), "$case: $symbol") or diag(join ' ',
			map { $_->{true_type} // '-' } @{ $f->{parts} });
	} elsif (!$said{$symbol}) {
		pass("$case: not $symbol") if $not;
		fail("$case: $symbol is not mapped") unless $not;
	} else {
		my $is = $said{$symbol}->($f, $option) ? 1 : 0;
		is($is, $not ? 0 : 1, "$case: " . ($not ? 'not ' : '') .
			$symbol);
	}
}

open my $in, '<', "$dir/expected.tsv" or die "expected.tsv: $!";
<$in>;
while (<$in>) {
	chomp;
	my ($suite, $case, $file, undef, $expect) = split /\t/;
	next unless -f "$dir/$file";
	for my $e (split /; /, $expect) {
		next unless my ($not, $how, $rest) = $e =~
			/^(Do Not )?Expect Symbols?( With (?:Exact )?Options?)? (.*)/;
		my @all = $how ? $rest =~ /^(\S+) ?(.*)/ : split ' ', $rest;
		if ($how) {
			check($file, $case, $all[0], $all[1], $not)
				if $suite =~ $ours || $all[0] =~ $symbols;
			next;
		}
		check($file, $case, $_, '', $not)
			for grep { $suite =~ $ours || /$symbols/ } @all;
	}
}
done_testing;
