"""Words that ask for the contrary, words that tell one deed from its two ends, and deeds that differ. Tables only.

All by lemma: every inflection follows. A phrase is written with underscores.
"""

ANTONYMS = """
open : close shut; open : closed; lock : unlock; block : unblock; freeze : unfreeze thaw defrost melt; before : after;
until : after; precede : follow;
increase raise grow rise boost expand : decrease reduce lower cut shrink drop fall diminish cut_down go_down;
go_up : go_down; strengthen : weaken; speed_up accelerate : slow_down decelerate;
cheap inexpensive affordable low_priced low_cost : expensive costly pricey dear high_priced; import : export;
buy purchase : sell; upload : download; enable activate turn_on switch_on : disable deactivate turn_off switch_off;
start begin launch : stop end finish quit cease; on : off; start : end; beginning : end; starting : ending;
first : last final; initial : final; early : late; minimum min : maximum max; minimize : maximize; minimal : maximal;
internal inner : external outer; inside indoor : outside outdoor; interior : exterior;
inbound incoming : outbound outgoing; inward : outward; encrypt encode : decrypt decode;
login log_in sign_in log_on sign_on : logout log_out sign_out log_off sign_off;
register sign_up enroll : unregister deregister; subscribe sign_up join : unsubscribe opt_out; opt_in : opt_out;
install : uninstall; mount : unmount dismount; connect plug_in link : disconnect unplug unlink; pair : unpair;
attach : detach; mute : unmute; hide : show unhide display; follow : unfollow; friend befriend : unfriend;
like : dislike unlike; love like : hate; pin : unpin; check tick : uncheck untick; select : deselect unselect;
subscribe : cancel; zip compress : unzip decompress extract; pack wrap : unpack unwrap; load : unload; fold : unfold;
tie : untie; do : undo; undo : redo; archive : unarchive; publish : unpublish; add : remove subtract delete;
include : exclude leave_out omit; insert : remove extract; multiply : divide; sum : difference; plus : minus;
positive : negative; true : false; correct right : wrong incorrect false; yes : no; valid : invalid;
legal lawful : illegal unlawful; legally : illegally; allow permit : forbid prohibit ban deny;
allowed permitted : forbidden prohibited banned; accept approve : reject decline refuse deny turn_down;
confirm : deny; agree : disagree; admit : deny; win : lose; pass : fail; succeed : fail; success : failure;
profit gain : loss; find : lose; gain : lose; remember : forget; arrive : leave depart; arrival : departure;
come : go; enter : leave exit; entry entrance : exit; enter : exit; push : pull; lift raise : lower;
climb ascend : descend; ascending : descending; ascend : descend; up : down; upstairs : downstairs; upward : downward;
upgrade : downgrade; promote : demote; promotion : demotion; hire employ : fire dismiss lay_off sack; marry : divorce;
marriage : divorce; marry : separate; married : unmarried single divorced;
build construct : destroy demolish tear_down; create : destroy; save : spend waste; save : lose; save : delete;
earn : spend; income : expense; revenue : cost expense; asset : liability; debit : credit;
deposit pay_in : withdraw take_out; deposit : withdrawal; lock : open; fill : empty drain; full : empty;
heat warm warm_up : cool chill cool_down; hot warm : cold cool; heating : cooling; boil : freeze;
wet damp humid : dry; moisten : dry; light : heavy; light : dark; bright : dark dim; brighten : darken dim;
day : night; daytime : nighttime; morning : evening; noon : midnight; sunrise : sunset; dawn : dusk; summer : winter;
spring : autumn fall; today : tomorrow yesterday; tomorrow : yesterday; past : future; next : previous last;
newest : oldest; new : old used second_hand; young : old; modern : ancient; fresh : rotten stale frozen;
big large huge : small little tiny; tall high : short low; high : low; at_least : at_most;
great large big high long : less few low least short small lesser; over : under; long : short; length : width;
wide broad : narrow; thick : thin; deep : shallow; fat : thin slim; fast quick rapid : slow; fast : slowly;
strong : weak; hard tough : soft; hard difficult : easy simple; rough : smooth; sharp : blunt dull; tight : loose;
tighten : loosen; loud noisy : quiet silent; rich wealthy : poor; good : bad; better : bad; best top : worst;
better : worse; benefit advantage pro : disadvantage drawback con; advantage : risk; strength : weakness;
happy glad : sad unhappy; polite : rude; safe : dangerous unsafe; healthy : unhealthy sick; harmless : harmful;
alive live : dead; live : die; birth : death; bear : die; ripe : unripe; raw : cooked; clean : dirty;
sweet : sour bitter; male man boy : female woman girl; men : women; husband : wife; father dad : mother mom;
son : daughter; brother : sister; uncle : aunt; nephew : niece; king : queen; prince : princess;
grandfather grandpa : grandmother grandma; adult : child; parent : child; human : animal; front : back rear;
forward : backward; left : right; above over : below under; top : bottom; upper : lower; north : south;
northern : southern; east : west; eastern : western; near close nearby : far distant;
nearest closest : farthest furthest; local domestic : foreign international; national : international; urban : rural;
public : private; common frequent usual : rare unusual uncommon; often frequently : rarely seldom; always : never;
more most : less least few fewer fewest; majority : minority; most : few; many : few; all every : none no;
everyone : nobody; exactly : approximately; required mandatory compulsory : optional voluntary;
necessary : unnecessary; essential : optional; possible : impossible; able : unable; available : unavailable;
active : inactive passive; visible : invisible hidden; known : unknown; real genuine : fake false;
natural : artificial synthetic; organic : inorganic; automatic automatically : manual manually; online : offline;
digital virtual electronic : physical paper; wired : wireless; analog : digital; static : dynamic;
synchronous : asynchronous; sync : async; frontend : backend; client : server; local : remote; local : global;
mutable : immutable; serialize : deserialize; encode : decode; encoder : decoder; compile : decompile; read : write;
readable : writable; input : output; push : pop; commit : revert; merge : split; lock : release; acquire : release;
allocate : free deallocate; source : target destination; origin : destination; sender : recipient receiver;
send : receive get; supply : demand; question : answer; ask : answer; cause : effect result; theory : practice;
singular : plural; formal : informal; direct : indirect; simple : complex complicated; general : specific; odd : even;
horizontal : vertical; horizontally : vertically; row : column; clockwise : counterclockwise anticlockwise;
convex : concave; rising : falling; immigrate : emigrate; immigrant : emigrant; immigration : emigration;
inhale : exhale; attack : defend; offense : defense; guilty : innocent; victory win : defeat loss; war : peace;
friend : enemy; ally : enemy; hero : villain; buyer : seller; customer client : seller vendor supplier;
landlord : tenant; employer : employee worker staff; teacher : student pupil; doctor : patient; lender : borrower;
plaintiff : defendant; winner : loser; predator : prey; host : guest; debtor : creditor; leader : follower;
theist : atheist; vegetarian vegan : meat; hungry : full; awake : asleep; sleep : wake_up;
wake_up get_up : go_to_sleep fall_asleep; sit : stand; stand_up get_up : sit_down lie_down; put_on : take_off;
take_off : land; pick_up : drop_off; check_in : check_out; come_in : go_out; move_in : move_out; give_up : continue;
keep retain : discard throw_away throw_out delete; keep : change; keep : cancel; stay : leave;
continue resume carry_on : stop pause; pause : resume; suspend : resume; delay postpone : advance;
extend lengthen prolong : shorten; widen : narrow; zoom_in : zoom_out; scale_up : scale_down; scroll_up : scroll_down;
maximize : minimize; expand : collapse; inflate : deflate; inflation : deflation; bull : bear; bullish : bearish;
appreciate : depreciate; overpay : underpay; overweight : underweight; overestimate : underestimate;
overcharge : undercharge; overcook : undercook; surplus : deficit shortage; abundance : shortage; gross : net;
wholesale : retail; fixed : variable; temporary temporarily : permanent permanently; short_term : long_term;
part_time : full_time; one_way : round_trip return; single : return; economy : business; hardware : software;
hardcover : paperback; prefix : suffix; uppercase : lowercase; capital : lowercase; introvert : extrovert;
introduce : abolish; optimist : pessimist; virtue : vice; hardworking : lazy; brave : cowardly; generous : stingy;
patient : impatient; trust : distrust; respect : disrespect; honest : dishonest; fair : unfair; equal : unequal;
stable : unstable; secure : insecure; certain : uncertain; complete : incomplete; finished : unfinished;
paid : unpaid; pay : unpaid; read : unread; limited : unlimited; reasonable : unreasonable; reversible : irreversible;
renewable : nonrenewable; refundable : nonrefundable non_refundable; fiction : nonfiction; smoker : nonsmoker;
alcoholic : nonalcoholic; soluble : insoluble; flammable : nonflammable; transparent : opaque; attract : repel;
absorb : emit; gain_weight put_on_weight : lose_weight; hypothermia : hyperthermia; hypotension : hypertension;
acid acidic : alkaline; acid : base; cation : anion; anode : cathode; proton : electron; mitosis : meiosis;
artery : vein; stalactite : stalagmite; evergreen : deciduous; perennial : annual; carnivore : herbivore;
latitude : longitude; numerator : denominator; oxidize : reduce; dissolve : precipitate
"""
"""What is on the left contradicts what is on the right; words on one side do not contradict each other."""

CONVERSES = """
buy purchase : sell; lend loan : borrow; rent lease : rent_out let; give donate grant hand : take receive get accept;
send ship mail transfer : receive get; teach instruct : learn; employ : work_for; import : export;
inherit : bequeath leave; own : belong; contain include : belong; precede : follow; cause : result_from;
lead : follow; win : lose; beat defeat : lose; parent : child; husband : wife; host : visit; invite : attend;
pay : earn; owe : lend; ask : answer; sue : defend; treat : consult; hire : apply; employer : employee;
landlord : tenant; teacher : student pupil; buyer : seller; doctor : patient; sender : recipient receiver;
lender : borrower; above over : below under; before : after; more : less; offer : accept; throw : catch;
request : grant approve; deposit : withdraw
"""
"""The same event from its other end: equal if the parties change places too."""

FAMILIES = """
cancel pause delete renew upgrade downgrade transfer activate change extend share gift freeze;
cancel reschedule confirm change book; cancel return exchange track refund reorder place;
cancel renew reset replace block activate order freeze report top_up close; cancel approve reject submit edit;
create delete update read rename copy move duplicate restore archive list;
open close freeze delete merge verify recover; delete archive hide mute block report pause restore export;
edit delete post share pin like hide comment report; reset change recover remove view share;
install uninstall update configure download repair run; update downgrade restart reset clean repair replace sell;
add remove rename edit block merge; send schedule delete forward reply archive recall unsend print;
print scan copy fax shred email; save delete rename print share send export; save export import print convert;
upload download share delete convert compress; encrypt compress copy delete back_up; copy cut paste delete undo move;
merge split sort filter hide freeze lock delete group; sort reverse shuffle filter merge;
insert update delete select drop truncate; commit push pull fetch merge rebase revert clone stash;
start stop restart pause deploy build test debug; compile run debug test deploy;
pay dispute refund request split report; deposit withdraw transfer exchange invest; buy rent borrow sell lease lend;
buy sell trade hold; lend borrow steal sell donate; repair replace sell clean rent buy paint;
sell donate recycle repair throw_away; clean paint repair replace install remove sharpen;
wash dry iron fold bleach dye; cook freeze reheat store wash thaw; boil fry bake grill steam roast microwave poach;
fry bake boil freeze; cut peel chop grate slice wash; plant prune water harvest fertilize transplant;
water prune repot fertilize; mow water fertilize aerate; join leave start; join create leave delete mute;
accept decline send cancel; accept reject withdraw send ignore; follow block mute message report;
mute block leave archive report; open close rename hide show lock; call text email visit; call block message;
apply withdraw appeal renew; apply extend renew cancel; appeal pay dispute; file amend withdraw appeal;
register renew transfer cancel scrap; insure sell register rent; vote register campaign; study teach;
enroll withdraw drop transfer; sign cancel draft terminate; hire fire train promote; train hire fire interview;
quit apply; start finish delay cancel; catch cook clean; increase decrease maintain; charge replace remove test;
charge discharge jump dispose; lose gain maintain; treat prevent diagnose cause cure; prevent cause treat;
read write edit translate summarize review; write read delete send; summarize translate rewrite explain review;
translate summarize proofread transcribe; draw paint erase; play record sing compose tune; play pause record skip;
play tune repair string; watch record download pause; record delete edit; listen download record; rent_out rent sell;
drive park wash; park drive rent; lock open paint oil; lock unlock erase locate find;
assemble disassemble dismantle move; mount remove adjust; mount remove paint clean; hang remove clean;
feed bathe train groom walk; train adopt feed walk; adopt feed vaccinate; bathe feed train; import export;
charge refund; book cancel change; open unlock replace; block unlock replace; block report delete;
activate cancel replace block; verify change reset delete; link remove verify; approve reject delegate forward;
approve reject submit; submit correct withdraw edit; submit withdraw download; report claim; claim cancel; mine burn;
seal open; plug drill; cultivate harvest kill; remove apply; apply remove; spend earn save; invest withdraw borrow;
assemble clean repair; sharpen clean; pair reset charge; pair reset update clean; reset pair update;
connect reset charge clean; descale repair; shut_down restart; expand hide delete; view edit delete download;
view change delete; view print download; see change; check change; check report; check replace; check increase;
check transfer; order cancel return track; order activate; order return; order cancel; order block; track cancel;
track change; find change; find delete; change find
"""
"""Deeds done to the same object: two of a row are two requests, unless they are known as synonyms."""
